/** Makes an environment of the extension's own and installs the server there, on request only. */
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { ownEnvironment } from './surroundings';

/** Runs `python -m venv` and `pip install callwright` with progress; resolves to whether the server is there. */
export async function setUpServer(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<boolean> {
  const directory = ownEnvironment(context);
  const windows = process.platform === 'win32';
  const python = path.join(directory, windows ? 'Scripts' : 'bin', windows ? 'python.exe' : 'python');
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Callwright', cancellable: true },
    async (progress, token) => {
      const step = async (message: string, command: string, args: string[]): Promise<void> => {
        progress.report({ message });
        await run(command, args, log, token);
      };
      try {
        await mkdir(path.dirname(directory), { recursive: true });
        await step('making an environment', windows ? 'py' : 'python3', ['-m', 'venv', directory]);
        await step('installing the server', python, ['-m', 'pip', 'install', '--upgrade', 'callwright']);
        return true;
      } catch (error) {
        if (!token.isCancellationRequested) {
          log.error(String(error));
          void vscode.window.showErrorMessage(`Callwright: the server could not be set up. ${String(error)}`);
        }
        return false;
      }
    },
  );
}

function run(
  command: string,
  args: readonly string[],
  log: vscode.LogOutputChannel,
  token: vscode.CancellationToken,
): Promise<void> {
  return new Promise((resolve, reject) => {
    log.info(`${command} ${args.join(' ')}`);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const cancelled = token.onCancellationRequested(() => child.kill());
    child.stdout.on('data', (data: Buffer) => log.info(data.toString().trimEnd()));
    child.stderr.on('data', (data: Buffer) => log.warn(data.toString().trimEnd()));
    child.on('error', reject);
    child.on('close', (code) => {
      cancelled.dispose();
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with code ${code}; the log has what it said`));
    });
  });
}
