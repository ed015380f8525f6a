import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pause } from '../../../src/base/pause.ts';
import { systemClock } from '../../../src/system/clock.ts';
import type { Random } from '../../../src/system/random.ts';

/** How a request to the store goes wrong. */
export type StoreFault = 'SlowDown' | 'ServiceUnavailable' | 'slow body' | 'lost answer';

/** An S3-compatible server behind one that fails now and then, as the large ones do. */
export interface FaultyStore extends AsyncDisposable {
  readonly endpoint: string;
  /** Faults that requests may meet from now on, each request with that chance. */
  trouble(faults: readonly StoreFault[], chance: number): void;
  /** Multipart uploads that were begun and neither completed nor aborted, by id. */
  readonly openUploads: ReadonlyMap<string, OpenUpload>;
  /** How many requests met a fault. */
  readonly failed: () => number;
}

interface OpenUpload {
  readonly key: string;
  readonly since: Date;
}

const SLOW_BODY_MS = 400;

/**
 * `behind` has no requests to list and to abort uploads, and stumbles when it lists objects that come and go: these are
 * answered here.
 */
export async function openFaultyStore(behind: string, bucket: string, random: Random): Promise<FaultyStore> {
  const { hostname, port } = new URL(behind);
  const openUploads = new Map<string, OpenUpload>();
  let [faults, chance, failed]: [readonly StoreFault[], number, number] = [[], 0, 0];

  const server = createServer((incoming, answer) => {
    const fault = random.unit() < chance ? faults[Math.floor(random.unit() * faults.length)] : undefined;
    if (fault !== undefined) failed++;
    if (fault === 'SlowDown' || fault === 'ServiceUnavailable') return refuse(incoming, answer, fault);
    const url = new URL(incoming.url ?? '/', behind);
    const uploadId = url.searchParams.get('uploadId') ?? '';
    if (incoming.method === 'GET' && url.searchParams.has('uploads')) return listUploads(url, answer);
    if (incoming.method === 'GET' && url.searchParams.has('list-type')) return listNothing(answer);
    if (incoming.method === 'DELETE' && uploadId !== '') return abort(uploadId, answer);
    void forward(incoming, answer, { url, fault });
  });

  function listUploads(url: URL, answer: ServerResponse): void {
    const prefix = url.searchParams.get('prefix') ?? '';
    const uploads = [...openUploads].filter(([, { key }]) => key.startsWith(prefix));
    const rows = uploads.map(
      ([id, { key, since }]) =>
        `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${since.toISOString()}</Initiated></Upload>`,
    );
    answer.writeHead(200, { 'content-type': 'application/xml' });
    answer.end(
      `<?xml version="1.0"?><ListMultipartUploadsResult><Bucket>${bucket}</Bucket>` +
        `<IsTruncated>false</IsTruncated>${rows.join('')}</ListMultipartUploadsResult>`,
    );
  }

  function abort(uploadId: string, answer: ServerResponse): void {
    answer.writeHead(openUploads.delete(uploadId) ? 204 : 404).end();
  }

  /** Bodies arrive whole or not at all: what breaks off in the middle makes no object. */
  async function forward(incoming: IncomingMessage, answer: ServerResponse, { url, fault }: Passing): Promise<void> {
    const sent = await bodyOf(incoming);
    if (sent === undefined) return;
    if (fault === 'slow body') await pause(systemClock, SLOW_BODY_MS);
    const { method, url: path, headers } = incoming;
    const outgoing = request({ hostname, port, method, path, headers }, (response) => {
      void bodyOf(response).then((body) => {
        if (body !== undefined) remember(method, url, { status: response.statusCode ?? 0, body });
        if (body === undefined || fault === 'lost answer') answer.destroy();
        else answer.writeHead(response.statusCode ?? 500, response.headers).end(body);
      });
    });
    outgoing.on('error', () => answer.destroy());
    outgoing.end(sent);
  }

  function remember(method: string | undefined, url: URL, { status, body }: Answered): void {
    if (method !== 'POST' || status >= 300) return;
    const id = /<UploadId>(.*?)<\/UploadId>/.exec(body.toString())?.[1];
    if (url.searchParams.has('uploads') && id !== undefined) {
      openUploads.set(id, { key: decodeURIComponent(url.pathname.slice(bucket.length + 2)), since: new Date() });
    }
    openUploads.delete(url.searchParams.get('uploadId') ?? '');
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    trouble: (some, how) => void ([faults, chance] = [some, how]),
    openUploads,
    failed: () => failed,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Passing {
  readonly url: URL;
  readonly fault: StoreFault | undefined;
}

interface Answered {
  readonly status: number;
  readonly body: Buffer;
}

/** A bucket that is there. */
function listNothing(answer: ServerResponse): void {
  answer.writeHead(200, { 'content-type': 'application/xml' });
  answer.end('<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>');
}

/** As S3 does it (docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html). */
function refuse(incoming: IncomingMessage, answer: ServerResponse, code: string): void {
  incoming.resume(); // a store reads what was sent before it answers
  incoming.on('end', () => {
    answer.writeHead(503, { 'content-type': 'application/xml' });
    answer.end(
      `<?xml version="1.0"?><Error><Code>${code}</Code><Message>Please reduce your request rate.</Message></Error>`,
    );
  });
}

/** Undefined for one that breaks off. */
function bodyOf(message: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => void chunks.push(chunk));
    message.on('end', () => resolve(Buffer.concat(chunks)));
    message.on('error', () => resolve(undefined));
    message.on('close', () => resolve(undefined));
  });
}
