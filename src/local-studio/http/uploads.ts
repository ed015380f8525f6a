import { artifactContentType, readGenerationMeta, UPLOAD_PARTS } from '../../contract/upload.ts';
import { MIB } from '../../base/units.ts';
import type { NextTurn } from '../../system/clock.ts';
import { complete, endJob, nonEmpty } from '../sessions/frames-in.ts';
import type { ArtifactStore, ArtifactWriter } from '../storage/artifacts.ts';
import { logFailure, type StudioState } from '../sessions/state.ts';
import { MAX_JOB_BYTES } from '../../contract/limits.ts';
import { type Exchange, json, problem, Refusal, type Route } from './http.ts';
import { boundaryOf, createMultipartReader, MalformedMultipart } from './multipart-reader.ts';
import { recall } from '../sessions/claims.ts';
import { offerTo } from '../sessions/offering.ts';
import type { StoredArtifact } from '../storage/tables/jobs.ts';

/** What the upload route works with. */
export interface UploadRouteDeps {
  readonly studio: StudioState;
  readonly artifacts: ArtifactStore;
  /** Checks the worker's token. @throws Refusal 401 */
  readonly authorize: (exchange: Exchange) => Promise<unknown>;
  readonly nextTurn: NextTurn;
}

/** Studio contract: binary completion. */
const MAX_ARTIFACT_BYTES = 512 * MIB;
/** Beside the artifact there are an extension and the prompt, which may be as long as the operator could make it. */
const MAX_FIELD_BYTES = MAX_JOB_BYTES;
const EXTENSION = /^[a-z0-9]{1,10}$/;

/** The upload of a binary result (studio contract: binary completion). */
export const uploadRoutes = (deps: UploadRouteDeps): readonly Route[] => [
  {
    method: 'POST',
    path: '/workers/:id/jobs/:jobId/complete',
    handle: async (exchange) => {
      await deps.authorize(exchange);
      return await counted(deps.studio, () => takeUpload(deps, exchange));
    },
  },
];

async function counted({ tallies }: StudioState, upload: () => Promise<Response>): Promise<Response> {
  try {
    const response = await upload();
    tallies.uploads.add({ outcome: response.ok ? 'stored' : 'refused' });
    return response;
  } catch (thrown) {
    tallies.uploads.add({ outcome: thrown instanceof Refusal ? 'refused' : 'failed' });
    throw thrown;
  }
}

async function takeUpload(deps: UploadRouteDeps, exchange: Exchange): Promise<Response> {
  const { studio, artifacts } = deps;
  const { id: workerId = '', jobId = '' } = exchange.params;
  if ((await studio.store.jobs.get(jobId)) === undefined) return problem(404, 'not-found', 'no such job');
  // Asked before the bytes are read, so that nobody sends half a gigabyte for nothing; decided when they are here.
  if (!(await studio.store.jobs.holds(jobId, workerId)) && !(await recall(studio, workerId, jobId))) return notHeld();

  const upload = await receive(artifacts, exchange, jobId);
  if (!(await complete(studio, workerId, jobId, { ...upload, prompt: nonEmpty(upload.prompt) }))) {
    await removeUnused(deps, jobId, upload.artifact.name);
    return notHeld();
  }
  studio.tallies.uploadedBytes.add({}, upload.artifact.sizeBytes);
  const session = studio.live.get(workerId);
  endJob(session, jobId);
  if (session === undefined) studio.bus.publish({ is: 'completed', jobId, workerId });
  // The answer goes first.
  if (session !== undefined) deps.nextTurn(() => logFailure(studio, offerTo(studio, session)));
  return json({ ok: true });
}

const notHeld = (): Response => problem(409, 'not-held', 'the job is not held by this worker');

/** The same bytes for the same job have the same name: they may be the stored result of another upload. */
async function removeUnused({ studio, artifacts }: UploadRouteDeps, jobId: string, name: string): Promise<void> {
  const job = await studio.store.jobs.get(jobId);
  if (job?.artifact?.name !== name) await artifacts.remove(name);
}

interface Upload {
  readonly prompt: string;
  readonly artifact: StoredArtifact;
  readonly ranOn: string | undefined;
}

/** Streams the body to the artifact store. What arrives incomplete leaves nothing behind. */
async function receive(artifacts: ArtifactStore, { request }: Exchange, jobId: string): Promise<Upload> {
  const boundary = boundaryOf(request.headers.get('content-type'));
  if (boundary === undefined) throw malformed('expected multipart/form-data with a boundary');
  const writer = await artifacts.begin();
  try {
    const { fields, artifactBytes } = await readParts(request, boundary, writer);
    const ext = (fields.get(UPLOAD_PARTS.ext) ?? '').toLowerCase();
    if (!EXTENSION.test(ext)) throw malformed('ext is missing or no file extension');
    if (!fields.has(UPLOAD_PARTS.artifact)) throw malformed('the file part `image` is missing');
    if (artifactBytes === 0) throw malformed('the file part `image` is empty');
    const kept = await writer.keep(jobId, ext);
    const artifact = { ...kept, ext, contentType: artifactContentType(ext) };
    const { ranOn } = readGenerationMeta(fields.get(UPLOAD_PARTS.meta) ?? '');
    return { prompt: fields.get(UPLOAD_PARTS.prompt) ?? '', artifact, ranOn };
  } catch (thrown) {
    throw thrown instanceof MalformedMultipart ? malformed(thrown.message) : thrown;
  } finally {
    await writer.discard();
  }
}

interface Parts {
  /** Text fields by name; the file went to the writer and is there by name only. */
  readonly fields: ReadonlyMap<string, string>;
  readonly artifactBytes: number;
}

async function readParts(request: Request, boundary: string, writer: ArtifactWriter): Promise<Parts> {
  const fields = new Map<string, string>();
  let decoder = new TextDecoder();
  let name = '';
  let fieldBytes = 0;
  let artifactBytes = 0;
  let totalBytes = 0;
  const reader = createMultipartReader(boundary, {
    onHead: (head) => {
      name = head.name;
      decoder = new TextDecoder();
      if (fields.has(name)) throw new MalformedMultipart(`two parts of one name`);
      fields.set(name, '');
    },
    onBytes: async (bytes) => {
      if (name === UPLOAD_PARTS.artifact) {
        artifactBytes += bytes.byteLength;
        return writer.write(bytes);
      }
      fieldBytes += bytes.byteLength;
      if (fieldBytes > MAX_FIELD_BYTES) throw new MalformedMultipart('the text fields are too large');
      fields.set(name, (fields.get(name) ?? '') + decoder.decode(bytes, { stream: true }));
    },
  });
  for await (const chunk of request.body ?? []) {
    totalBytes += chunk.byteLength;
    if (totalBytes > MAX_ARTIFACT_BYTES + MAX_FIELD_BYTES) throw new Refusal(tooLarge());
    await reader.push(chunk);
  }
  if (!reader.complete) throw new MalformedMultipart('the body ends before its closing boundary');
  return { fields, artifactBytes };
}

const malformed = (message: string): Refusal => new Refusal(problem(400, 'invalid', message));
const tooLarge = (): Response => problem(413, 'too-large', `an artifact may be ${MAX_ARTIFACT_BYTES} bytes`);
