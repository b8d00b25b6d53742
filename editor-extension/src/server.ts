/** The running server: started from what the search found, restarted when it crashes, one restart for many requests. */
import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  State,
  type ErrorHandler,
  type LanguageClientOptions,
} from 'vscode-languageclient/node';
import { Backoff } from './backoff';
import { Folding } from './folding';
import { offerMending } from './mending';
import { statusNotification } from './protocol';
import { serverSettings } from './settings';
import { findServer, type Surroundings } from './serverSearch';
import { surroundings } from './surroundings';
import type { StatusItem } from './status';
import { onComment } from './writeCallAction';

const OPEN_LOG = 'Open log';

/** The library's client, which would put messages of its own beside ours. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private readonly backoff = new Backoff();
  private readonly restarts = new Folding(async () => {
    await this.stop();
    await this.start();
  });
  private disposed = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly status: StatusItem,
    readonly log: vscode.LogOutputChannel,
  ) {}

  /** The client while the server runs. */
  get running(): LanguageClient | undefined {
    return this.client?.state === State.Running ? this.client : undefined;
  }

  /** Starts or restarts; requests that come while one is under way fold into a single further restart. */
  restart(): Promise<void> {
    this.backoff.reset();
    return this.restarts.request();
  }

  private async start(): Promise<void> {
    if (this.disposed) return;
    const around = await surroundings(this.context);
    const { server, tried } = await findServer(around);
    for (const line of tried) this.log.info(line);
    if (!server) {
      this.withoutServer(around);
      return;
    }
    this.log.info(`starting ${server.command} (${server.because})`);
    this.status.update({ state: 'loading', message: `${server.command} (${server.because})` });
    const client = this.createClient(server.command);
    this.client = client;
    client.onNotification(statusNotification, (status) => this.status.update(status));
    try {
      // From here on the server says by itself what it does; it is not ready before its model is.
      await client.start();
    } catch (error) {
      this.log.error(`cannot start ${server.command}: ${String(error)}`);
      const useless = `${server.command} (${server.because}) is no Callwright server that starts.`;
      this.status.update({ state: 'error', message: useless });
      void offerMending(useless, around, server.command, this.log);
    }
  }

  private withoutServer(around: Surroundings): void {
    if (!around.trusted && !around.configured) {
      this.status.update({ state: 'off', message: 'This workspace is not trusted: only a server of your user settings would run.' });
      return;
    }
    const missing = around.configured
      ? `The setting callwright.server.path names ${around.configured}, where there is nothing to run.`
      : 'Callwright found no server.';
    this.status.update({ state: 'error', message: missing });
    void offerMending(missing, around, undefined, this.log);
  }

  private createClient(command: string): LanguageClient {
    const options: LanguageClientOptions = {
      documentSelector: [{ language: 'python' }],
      outputChannel: this.log,
      initializationOptions: serverSettings(),
      synchronize: { configurationSection: 'callwright' },
      errorHandler: this.errorHandler(),
      middleware: {
        // A hyphen in a task comment must not open a list from which Enter would take an entry.
        provideCompletionItem: (document, position, context, token, next) =>
          context.triggerCharacter && onComment(document, position) ? undefined : next(document, position, context, token),
        workspace: {
          // The server is told its own settings only, not the extension's.
          didChangeConfiguration: async () => {
            await this.running?.sendNotification('workspace/didChangeConfiguration', {
              settings: { callwright: serverSettings() },
            });
          },
        },
      },
    };
    return new QuietClient('callwright', 'Callwright', { command, args: ['serve'] }, options);
  }

  private errorHandler(): ErrorHandler {
    return {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        this.onCrash();
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    };
  }

  private onCrash(): void {
    if (this.disposed || this.restarts.busy) return;
    const delay = this.backoff.next();
    this.log.error(`the server ended by itself; ${delay === undefined ? 'giving up' : `starting it again in ${delay} ms`}`);
    this.status.update({ state: delay === undefined ? 'error' : 'loading', message: 'The server ended by itself.' });
    if (this.backoff.first) {
      void this.report('The Callwright server ended by itself and is started again.');
    } else if (delay === undefined) {
      void this.report('The Callwright server keeps ending and is left off. The log says why.');
    }
    if (delay !== undefined) {
      this.timer = setTimeout(() => void this.restarts.request(), delay);
    }
  }

  private async report(message: string): Promise<void> {
    if ((await vscode.window.showWarningMessage(message, OPEN_LOG)) === OPEN_LOG) this.log.show();
  }

  /** Stops the server, if it runs. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    const client = this.client;
    this.client = undefined;
    if (!client) return;
    try {
      await client.dispose(2_000);
    } catch {
      // It has gone already, or never came up: both are what was asked for.
    }
  }

  dispose(): void {
    this.disposed = true;
    void this.stop();
  }
}
