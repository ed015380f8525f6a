/** The runtime's built-in `ws`, as far as `sockets.ts` uses it. The runtime ships no types for it. */
declare module 'ws' {
  import type { EventEmitter } from 'node:events';
  import type { ClientRequest, IncomingMessage } from 'node:http';

  interface Options {
    readonly headers?: Readonly<Record<string, string>>;
    readonly perMessageDeflate?: boolean;
    readonly proxy?: string;
  }
  interface Events {
    open: [];
    message: [data: Buffer, isBinary: boolean];
    error: [error: Error];
    close: [code: number, reason: Buffer];
    'unexpected-response': [request: ClientRequest, response: IncomingMessage];
  }
  export class WebSocket extends EventEmitter<Events> {
    static readonly CONNECTING: 0;
    static readonly OPEN: 1;
    constructor(url: string, protocols: readonly string[], options?: Options);
    readonly readyState: 0 | 1 | 2 | 3;
    readonly protocol: string;
    readonly bufferedAmount: number;
    send(text: string): void;
    close(code: number, reason: string): void;
    terminate(): void;
  }
}
