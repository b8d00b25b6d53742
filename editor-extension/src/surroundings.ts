/** What the editor knows about where a server could be. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Surroundings } from './serverSearch';

/** The part of the Python extension's API that is used here. */
interface PythonApi {
  readonly environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(environment: { readonly path: string }): Promise<
      { readonly executable: { readonly uri?: vscode.Uri } } | undefined
    >;
  };
}

/** Collects them anew; cheap enough to be asked at every start. */
export async function surroundings(context: vscode.ExtensionContext): Promise<Surroundings> {
  return {
    configured: configuredServer(),
    trusted: vscode.workspace.isTrusted,
    interpreter: vscode.workspace.isTrusted ? await selectedInterpreter() : undefined,
    folders: (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath),
    path: (process.env['PATH'] ?? '').split(path.delimiter).filter((directory) => directory !== ''),
    ownEnvironment: ownEnvironment(context),
    executable: isExecutable,
    windows: process.platform === 'win32',
  };
}

/** Where "Set up the server" installs. */
export function ownEnvironment(context: vscode.ExtensionContext): string {
  return path.join(context.globalStorageUri.fsPath, 'environment');
}

function configuredServer(): string {
  const setting = vscode.workspace.getConfiguration('callwright').inspect<string>('server.path');
  if (!vscode.workspace.isTrusted) {
    return setting?.globalValue ?? '';
  }
  return setting?.workspaceFolderValue ?? setting?.workspaceValue ?? setting?.globalValue ?? '';
}

async function selectedInterpreter(): Promise<string | undefined> {
  const python = vscode.extensions.getExtension<PythonApi>('ms-python.python');
  if (!python) {
    return undefined;
  }
  try {
    const api = await python.activate();
    const environment = await api.environments.resolveEnvironment(api.environments.getActiveEnvironmentPath());
    return environment?.executable.uri?.fsPath;
  } catch {
    // Another extension's failure is not ours to report; the search goes on without it.
    return undefined;
  }
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
