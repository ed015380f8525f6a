/**
 * The limit: a worker with no worker in it. It says hello, accepts what it is offered and answers at once with a result
 * that it has ready, over the same WebSocket and HTTP client, without a schema, a log, a slot or a disk.
 *
 * With `BENCH_KEEPS` naming a folder it also keeps the one promise that has a price of its own: before the first byte
 * of an artifact is sent, its SHA-256 is known and it is safe on the disk.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { writeSafely } from './disk.ts';
import { ARTIFACT_BYTES, completeJsonText, multipartAround, SUB_PROTOCOL, TOKEN, WORKER_ID } from './wire.ts';

const base = process.env['BENCH_STUDIO'] ?? '';
const keepsIn = process.env['BENCH_KEEPS'];
const headers = { authorization: `Bearer ${TOKEN}` };
const artifact = crypto.getRandomValues(new Uint8Array(65_536));
const BOUNDARY = 'bench-bare-4f1e7a0c5f1e7a0c5f1e7a0c5f1e7a0c';
const HEARTBEAT_MS = 5_000;

/** A body of the size that the worker's is, the artifact between head and tail. */
function bodyOf(jobId: string): Uint8Array<ArrayBuffer> {
  const [head, tail] = multipartAround(jobId, BOUNDARY).map((text) => new TextEncoder().encode(text));
  if (head === undefined || tail === undefined) throw new Error('a multipart body has a head and a tail');
  const body = new Uint8Array(head.byteLength + ARTIFACT_BYTES + tail.byteLength);
  body.set(head);
  for (let at = 0; at < ARTIFACT_BYTES; at += artifact.byteLength) body.set(artifact, head.byteLength + at);
  body.set(tail, head.byteLength + ARTIFACT_BYTES);
  return body;
}

async function upload(jobId: string): Promise<void> {
  const body = bodyOf(jobId);
  if (keepsIn !== undefined) {
    createHash('sha256').update(body).digest();
    writeSafely(join(keepsIn, 'kept'), body);
  }
  const response = await fetch(`${base}/graphics/api/workers/${WORKER_ID}/jobs/${jobId}/complete`, {
    method: 'POST',
    headers: { ...headers, 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body,
  });
  await response.arrayBuffer();
}

const url = `${base.replace('http', 'ws')}/graphics/api/workers/${WORKER_ID}/connect`;
const socket = new WebSocket(url, { headers, protocols: [SUB_PROTOCOL] } as unknown as string[]);
socket.addEventListener('open', () => {
  socket.send(JSON.stringify({ type: 'hello', authToken: TOKEN, capabilities: {} }));
  setInterval(() => socket.send(JSON.stringify({ type: 'heartbeat', capabilities: {} })), HEARTBEAT_MS);
});
socket.addEventListener('close', () => process.exit(0));
socket.addEventListener('message', ({ data }) => {
  const frame = JSON.parse(String(data)) as {
    readonly type: string;
    readonly claim?: { readonly jobId: string; readonly task: { readonly kind: string } };
  };
  if (frame.type !== 'offer' || frame.claim === undefined) return;
  const { jobId, task } = frame.claim;
  socket.send(JSON.stringify({ type: 'accept', jobId }));
  if (task.kind === 'llm') socket.send(completeJsonText(jobId));
  else void upload(jobId);
});
