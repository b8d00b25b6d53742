/**
 * Finds the `callwright` server: setting → selected interpreter → `.venv` → PATH → the environment made on request.
 *
 * Knows nothing of VS Code: what the editor knows comes in as {@link Surroundings}, so that the order can be tested.
 */
import * as path from 'node:path';

/** What the search may look at. */
export interface Surroundings {
  /** The user's setting, empty when unset. In an untrusted workspace this is the global value only. */
  readonly configured: string;
  /** Whether the user trusts the workspace; without trust only what the setting names is run. */
  readonly trusted: boolean;
  /** The Python extension's selected interpreter, if that extension is there and has one. */
  readonly interpreter: string | undefined;
  /** The workspace's folders. */
  readonly folders: readonly string[];
  /** The directories of PATH. */
  readonly path: readonly string[];
  /** Where "Set up the server" installs. */
  readonly ownEnvironment: string;
  /** Whether this file exists and can be executed. */
  readonly executable: (file: string) => Promise<boolean>;
  readonly windows: boolean;
}

/** A server that can be started, and why it was chosen. */
export interface FoundServer {
  readonly command: string;
  readonly because: string;
}

/** What was found, and every place that was looked at, for the log. */
export interface SearchResult {
  readonly server: FoundServer | undefined;
  readonly tried: readonly string[];
}

interface Place {
  readonly file: string;
  readonly because: string;
}

/** Looks at every place in order and returns the first server there. */
export async function findServer(surroundings: Surroundings): Promise<SearchResult> {
  const tried: string[] = [];
  for (const place of places(surroundings)) {
    if (await surroundings.executable(place.file)) {
      return { server: { command: place.file, because: place.because }, tried };
    }
    tried.push(`${place.file} (${place.because}): not there`);
  }
  return { server: undefined, tried };
}

/** The servers that are there when the setting is left out: what to offer where the configured one is of no use. */
export async function otherServers(surroundings: Surroundings, useless: string | undefined): Promise<FoundServer[]> {
  const others: FoundServer[] = [];
  for (const { file, because } of places({ ...surroundings, configured: '' })) {
    const known = file === useless || others.some((other) => other.command === file);
    if (!known && (await surroundings.executable(file))) others.push({ command: file, because });
  }
  return others;
}

function places(surroundings: Surroundings): Place[] {
  const { configured, trusted, interpreter, folders, ownEnvironment } = surroundings;
  if (configured) {
    return [{ file: configured, because: 'the setting callwright.server.path' }];
  }
  const script = surroundings.windows ? 'callwright.exe' : 'callwright';
  const scripts = surroundings.windows ? 'Scripts' : 'bin';
  if (!trusted) return [];
  const found: Place[] = [];
  if (interpreter) {
    found.push({ file: path.join(path.dirname(interpreter), script), because: 'the selected interpreter' });
  }
  for (const folder of folders) {
    found.push({ file: path.join(folder, '.venv', scripts, script), because: `.venv of ${path.basename(folder)}` });
  }
  for (const directory of surroundings.path) {
    found.push({ file: path.join(directory, script), because: 'PATH' });
  }
  found.push({ file: path.join(ownEnvironment, scripts, script), because: 'the environment made by "Set up the server"' });
  return found;
}
