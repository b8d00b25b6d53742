/** The item in the status bar: what the server does, how long it took, why nothing was shown. */
import * as vscode from 'vscode';
import type { ServerStatus } from './protocol';
import { Settling } from './settling';

const ICONS: Record<ServerStatus['state'], string> = {
  loading: '$(loading~spin)',
  ready: '$(check)',
  thinking: '$(sync~spin)',
  off: '$(circle-slash)',
  error: '$(error)',
};

export class StatusItem implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private status: ServerStatus = { state: 'loading' };
  private listMode = false;
  private readonly rendering = new Settling(() => this.render());

  constructor() {
    this.item = vscode.window.createStatusBarItem('callwright.status', vscode.StatusBarAlignment.Right, 100);
    this.item.name = 'Callwright';
    this.item.command = 'callwright.menu';
    this.render();
    this.item.show();
  }

  /** Merges what is new; latency and silence stay until replaced. */
  update(change: Partial<ServerStatus>): void {
    const before = this.status;
    this.status = { ...before, ...change };
    if (comesAndGoes(before) && comesAndGoes(this.status)) this.rendering.later();
    else this.rendering.now();
  }

  /** Whether suggestions come in the list only. */
  setListMode(on: boolean): void {
    this.listMode = on;
    this.rendering.now();
  }

  get current(): ServerStatus {
    return this.status;
  }

  private render(): void {
    const mode = this.listMode ? ' (list)' : '';
    this.item.text = `${ICONS[this.status.state]} Callwright${mode}`;
    this.item.accessibilityInformation = { label: `Callwright: ${this.status.state}${mode}` };
    this.item.tooltip = describe(this.status);
    this.item.backgroundColor =
      this.status.state === 'error' ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
  }

  dispose(): void {
    this.rendering.cancel();
    this.item.dispose();
  }
}

/** Whether the server is where it is at every key: at work, or ready for the next. */
function comesAndGoes({ state }: ServerStatus): boolean {
  return state === 'ready' || state === 'thinking';
}

/** The tooltip's text. */
export function describe(status: ServerStatus): string {
  const lines = [`Callwright: ${status.state}`];
  if (status.message) lines.push(status.message);
  if (status.latencyMs !== undefined) lines.push(`Last suggestion: ${Math.round(status.latencyMs)} ms`);
  if (status.silence) lines.push(`Nothing shown: ${status.silence}`);
  return lines.join('\n');
}
