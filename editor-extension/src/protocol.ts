/** The server's own messages, beside the standard ones. `docs/protocol.md` describes them. */
import { NotificationType, RequestType } from 'vscode-languageclient/node';
import type { Position, ProgressToken, Range, TextDocumentIdentifier } from 'vscode-languageclient/node';

/** What the server is doing. */
export interface ServerStatus {
  readonly state: 'loading' | 'ready' | 'thinking' | 'off' | 'error';
  /** One line for the tooltip: the bundle, or what is wrong. */
  readonly message?: string;
  /** How long the last suggestion took. */
  readonly latencyMs?: number;
  /** Why nothing was shown the last time nothing was. */
  readonly silence?: string;
}

export const statusNotification = new NotificationType<ServerStatus>('callwright/status');

/** One API call that would answer a task comment. */
export interface Candidate {
  readonly call: string;
  readonly domain: string;
  readonly description: string;
  readonly requirements: readonly string[];
  /** What to insert, imports included. */
  readonly text: string;
  readonly range: Range;
}

export interface CandidatesParams {
  readonly textDocument: TextDocumentIdentifier;
  readonly position: Position;
}

export const candidatesRequest = new RequestType<CandidatesParams, Candidate[], void>('callwright/candidates');

export interface ScriptParams extends CandidatesParams {
  /** Which of the candidates there is to be used. */
  readonly call: string;
  readonly workDoneToken: ProgressToken;
}

/** A candidate with the lines that use it. */
export interface Script {
  /** What to insert, imports and call included. */
  readonly text: string;
  readonly range: Range;
}

export const scriptRequest = new RequestType<ScriptParams, Script | null, void>('callwright/script');
