import { createServer, type Socket } from 'node:net';

/** What happens to one answer. */
export interface Fault {
  /** Closes the line after so many bytes of the body. */
  readonly cutAfterBytes?: number;
  /** Says nothing more after so many bytes of the body. */
  readonly stallAfterBytes?: number;
  /** This status with an empty body. */
  readonly status?: number;
  /** More head lines. */
  readonly headers?: readonly string[];
  /** What a partial answer says it is; the truth when left out. */
  readonly contentRange?: string;
  /** The version that the answer claims to be of. */
  readonly etag?: string;
  /** Bytes sent after those that were asked for, and counted by the answer's length. */
  readonly more?: Uint8Array;
}

export interface ControlResult {
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** A host of downloads: one file under every path, ranges, and faults on demand. */
export interface DownloadHost extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly asked: readonly ControlResult[];
  /** What is served; may change between two requests. */
  content: Uint8Array;
  etag: string | undefined;
  ranges: boolean;
  contentType: string;
  /** Whether the answer says how long it is. */
  saysLength: boolean;
  /** Faults of coming answers. */
  fault: (asked: ControlResult, nth: number) => Fault | undefined;
  /** Answers wait for it. */
  hold: Promise<void> | undefined;
  /** Bodies of all answers so far, in bytes. */
  readonly sentBytes: number;
  /** Of these, the ones over lines that were cut or stalled. */
  readonly brokenBytes: number;
  /** Lines that were open at the same time, at most. */
  readonly mostLines: number;
}

export async function downloadHost(content: Uint8Array): Promise<DownloadHost> {
  const asked: ControlResult[] = [];
  const sockets = new Set<Socket>();
  let sentBytes = 0;
  let brokenBytes = 0;
  let lines = 0;
  let mostLines = 0;
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let text = '';
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      const request = readHead(text);
      text = '';
      asked.push(request);
      void answer(socket, request, server.fault(request, asked.length));
    });
  });

  async function answer(socket: Socket, request: ControlResult, fault: Fault = {}): Promise<void> {
    lines += 1;
    mostLines = Math.max(mostLines, lines);
    socket.once('close', () => (lines -= 1));
    await server.hold;
    const { content: all, etag } = server;
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get('range') ?? '');
    const condition = request.headers.get('if-range');
    const partial = server.ranges && range !== null && (condition === undefined || condition === etag);
    const start = partial ? Number(range[1]) : 0;
    const end = partial && range[2] !== '' ? Math.min(Number(range[2]) + 1, all.byteLength) : all.byteLength;
    const unsatisfiable = partial && start >= all.byteLength;
    const status = fault.status ?? (unsatisfiable ? 416 : partial ? 206 : 200);
    const asked = fault.status !== undefined || unsatisfiable ? new Uint8Array() : all.subarray(start, end);
    const body = fault.more === undefined ? asked : new Uint8Array(Buffer.concat([asked, fault.more]));
    const head = [
      `HTTP/1.1 ${status} So`,
      ...(server.saysLength ? [`Content-Length: ${body.byteLength}`] : []),
      `Content-Type: ${server.contentType}`,
      ...((fault.etag ?? etag) === undefined ? [] : [`ETag: ${fault.etag ?? etag}`]),
      ...(status === 206
        ? [`Content-Range: ${fault.contentRange ?? `bytes ${start}-${end - 1}/${all.byteLength}`}`]
        : []),
      ...(fault.headers ?? []),
      'Connection: close',
    ];
    const upTo = fault.cutAfterBytes ?? fault.stallAfterBytes ?? body.byteLength;
    sentBytes += Math.min(upTo, body.byteLength);
    if (upTo < body.byteLength) brokenBytes += upTo;
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.write(body.slice(0, upTo), () => {
      if (fault.stallAfterBytes === undefined) socket.end();
    });
  }

  const port = await new Promise<number>((resolve) => {
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const server: DownloadHost = {
    url: `http://127.0.0.1:${port}/m.bin`,
    port,
    asked,
    content,
    etag: '"v1"',
    ranges: true,
    contentType: 'application/octet-stream',
    saysLength: true,
    fault: () => undefined,
    hold: undefined,
    get sentBytes() {
      return sentBytes;
    },
    get brokenBytes() {
      return brokenBytes;
    },
    get mostLines() {
      return mostLines;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
  return server;
}

function readHead(text: string): ControlResult {
  const [first = '', ...lines] = (text.split('\r\n\r\n')[0] ?? '').split('\r\n');
  const headers = new Map(
    lines.map((line): [string, string] => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
  return { path: first.split(' ')[1] ?? '', headers };
}

/** Bytes that differ at every place that matters: a misplaced block shows. */
export function someBytes(sizeBytes: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let state = seed;
  for (let at = 0; at < sizeBytes; at++) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    bytes[at] = state >> 16;
  }
  return bytes;
}
