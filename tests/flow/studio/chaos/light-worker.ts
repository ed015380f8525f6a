import { pause } from '../../../../src/base/pause.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import type { Credentials } from '../../../../src/studio/session/session.ts';
import type { Random } from '../../../../src/system/random.ts';
import { someCapabilities } from '../../../fakes/builders.ts';
import { helloOf, startSocket, uploadArtifact } from '../../../fakes/studio/bare-worker.ts';

/** What a worker wrote down. Times are `Clock.elapsed`. */
export interface Diary {
  readonly workerId: string;
  readonly offers: { readonly jobId: string; readonly at: number }[];
  /** Results that the studio said it has. */
  readonly acks: { readonly jobId: string; readonly nonce: string; readonly at: number }[];
  /** Results that it made, by what tells each from all others. */
  readonly made: Set<string>;
}

type Inbound = { readonly type: string; readonly jobId?: string } & {
  readonly claim?: { readonly jobId: string; readonly held?: boolean; readonly task?: { readonly kind: string } };
};

interface Work {
  isDone: boolean;
  readonly jobId: string;
  readonly kind: string;
  readonly nonce: string;
}

const BEAT_MS = 1_000;
/** Without a frame for so long the line is taken to be dead. */
const SILENCE_MS = 3_000;
const UPLOAD_MS = 10_000;
const MAX_RETRY_MS = 250;
/** A job takes up to so long. */
const MAX_WORK_MS = 800;
/** Beyond the size of one part of a multipart upload. */
const LARGE_BYTES = 6 * 1024 * 1024;

/** Serves until it is stopped: keeps a result until it is acknowledged, and lets go of what is not its own. */
export async function lightWorker(credentials: Credentials, random: Random, stop: AbortSignal): Promise<Diary> {
  const diary: Diary = { workerId: credentials.workerId, offers: [], acks: [], made: new Set() };
  const state: { own: Work | undefined } = { own: undefined };
  while (!stop.aborted) {
    await session({ credentials, diary, state, random, stop });
    await pause(systemClock, random.unit() * MAX_RETRY_MS, stop).catch(() => {});
  }
  return diary;
}

interface Life {
  readonly credentials: Credentials;
  readonly diary: Diary;
  readonly state: { own: Work | undefined };
  readonly random: Random;
  readonly stop: AbortSignal;
}

/** One socket: a result goes over it once. */
interface Link {
  readonly sent: Set<string>;
  send(frame: object): void;
}

/** One socket, to its end. */
function session(life: Life): Promise<void> {
  const { credentials, state, stop } = life;
  const socket = startSocket(credentials);
  const send = (frame: object): void => void (socket.readyState === 1 && socket.send(JSON.stringify(frame)));
  const beat = (): void =>
    send({
      type: 'heartbeat',
      capabilities: { ...someCapabilities(), extensionEngines: [] },
      ...(state.own && { currentJobId: state.own.jobId }),
    });
  const link: Link = { sent: new Set(), send };
  const { promise: over, resolve } = Promise.withResolvers<void>();
  let [beats, silence] = [(): void => {}, (): void => {}];
  const end = (): void => {
    beats();
    silence();
    stop.removeEventListener('abort', end);
    socket.terminate();
    resolve();
  };
  const alive = (): void => {
    silence();
    silence = systemClock.after(SILENCE_MS, end);
  };
  const keepBeating = (): void => {
    beat();
    beats = systemClock.after(BEAT_MS, keepBeating);
  };
  alive();
  stop.addEventListener('abort', end);
  socket.addEventListener('open', () => send(helloOf(credentials)));
  socket.addEventListener('close', end);
  socket.addEventListener('error', end);
  socket.addEventListener('message', ({ data }) => {
    alive();
    const frame = JSON.parse(String(data)) as Inbound;
    if (frame.type === 'welcome') keepBeating();
    else act(life, frame, link);
  });
  return over;
}

function act(life: Life, frame: Inbound, link: Link): void {
  const { diary, state } = life;
  const { own } = state;
  if (frame.type === 'offer' && frame.claim !== undefined) {
    const { jobId, task } = frame.claim;
    diary.offers.push({ jobId, at: systemClock.elapsed() });
    if (own !== undefined)
      return link.send({ type: 'reject', jobId, code: 'busy', reason: 'worker already has an in-flight job' });
    const nonce = `${diary.workerId}/${jobId}/${diary.made.size}`;
    diary.made.add(nonce);
    const work: Work = { isDone: false, jobId, kind: task?.kind ?? '', nonce };
    state.own = work;
    link.send({ type: 'accept', jobId });
    systemClock.after(life.random.unit() * MAX_WORK_MS, () => finish(life, work, link));
  } else if (frame.type === 'heartbeatAck' && own !== undefined && frame.claim?.jobId === own.jobId) {
    if (frame.claim.held !== true) state.own = undefined;
    else if (own.isDone) deliver(life, own, link);
  } else if (frame.type === 'completeAck' && own !== undefined && own.jobId === frame.jobId) {
    acknowledged(life, own);
  }
}

/** The result is there; the socket that the offer came by may be gone, and the job may have been taken back. */
function finish(life: Life, work: Work, link: Link): void {
  work.isDone = true;
  if (life.state.own === work) deliver(life, work, link);
}

const uploading = new Set<string>();

function deliver(life: Life, work: Work, link: Link): void {
  const { jobId, kind, nonce } = work;
  if (kind === 'llm') {
    if (!link.sent.has(nonce)) link.send({ type: 'completeJson', jobId, result: { of: nonce }, prompt: 'hi' });
    link.sent.add(nonce);
    return;
  }
  if (uploading.has(nonce)) return;
  uploading.add(nonce);
  void upload(life, work).finally(() => uploading.delete(nonce));
}

async function upload(life: Life, work: Work): Promise<void> {
  const { credentials, state, stop } = life;
  const artifact = { jobId: work.jobId, bytes: bytesOf(work.nonce), ext: 'webp', prompt: 'a fox' };
  const signal = AbortSignal.any([AbortSignal.timeout(UPLOAD_MS), stop]);
  const answer = await uploadArtifact(credentials, artifact, { signal, keepalive: false }).catch(() => undefined);
  await answer?.bytes().catch(() => undefined);
  if (answer?.ok === true) acknowledged(life, work);
  else if (state.own === work && (answer?.status === 409 || answer?.status === 404)) state.own = undefined;
}

function acknowledged({ diary, state }: Life, { jobId, nonce }: Work): void {
  diary.acks.push({ jobId, nonce, at: systemClock.elapsed() });
  if (state.own?.nonce === nonce) state.own = undefined;
}

/** The artifact that stands for this nonce; every fourth is large. */
export function bytesOf(nonce: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(`${nonce}\n`);
  const isLarge = /[048c]\//.test(nonce); // the last character of the job's id
  if (!isLarge) return text;
  const bytes = new Uint8Array(LARGE_BYTES);
  bytes.set(text);
  return bytes;
}
