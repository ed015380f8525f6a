import { ERROR_CODES, type ErrorCode, errorChain, toWorkerError, WorkerError } from '../../base/errors.ts';
import { MINUTE_MS, SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../clock.ts';
import type { ChildEnd, ChildEnvironment } from '../process/child.ts';
import type { Parent } from '../process/parent.ts';
import type { SpawnIpc, IpcChild } from '../process/processes.ts';
import { type ImageWork, withAnimations } from './animations.ts';
import type { ImageFacts, Images, RawImage } from './images.ts';

/*
 * Files of others are decoded in a process that a fault in the library ends alone, and whose memory goes with it. One
 * piece of work at a time: whatever becomes of the process is then what became of that.
 */

export interface ImageChildOptions {
  readonly spawn: SpawnIpc;
  /** This program, asked to work on images. */
  readonly command: readonly string[];
  readonly env: ChildEnvironment;
  readonly after: Clock['after'];
  /** Called when the process was ended for want of work: what passed through this one is garbage by then. */
  readonly onIdle: () => void;
}

/** No file within our limits takes longer, on a slow machine with others beside it. */
const WORKS_WITHIN_MS = 2 * MINUTE_MS;
/** A process that nobody needs gives its memory back; starting another one takes a tenth of a second. */
const IDLE_MS = 20 * SECOND_MS;

type Work = keyof ImageWork;
const WORKS: ReadonlySet<string> = new Set<Work>(['encode', 'encodeFilm', 'probe', 'convert', 'decode']);

/** What the child answers. */
type Answer = { readonly is: 'done'; readonly value: unknown } | { readonly is: 'failed'; readonly failure: unknown };

/** Images in a process that is started for the first one and ends when none has come for a while. */
export function createImagesInChild(options: ImageChildOptions): Images {
  const inTurn = createTurns();
  const worker = createWorker(options);
  const ask = async <T>(work: Work, read: (value: unknown) => value is T, ...given: readonly unknown[]): Promise<T> => {
    const value = await inTurn(() => worker(work, given));
    if (read(value)) return value;
    throw new WorkerError('internal', `the process for images answered ${work} with something else`);
  };
  return withAnimations({
    encode: (request) => ask('encode', isBytes, request),
    encodeFilm: (request) => ask('encodeFilm', isBytes, request),
    probe: (bytes) => ask('probe', isFacts, bytes),
    convert: (bytes, how) => ask('convert', isBytes, bytes, how),
    decode: (bytes, how) => ask('decode', isRaw, bytes, how),
  });
}

/** One after the other, in the order in which they came. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => {}); // its own caller is told
    return mine;
  };
}

/** The child's life: does what it is asked, one after the other, until the process that started it is gone. */
export async function serveImages(parent: Parent, work: ImageWork): Promise<void> {
  parent.onMessage((message) => {
    void answerTo(message, work).then((answer) => parent.send(answer));
  });
  await parent.gone;
}

async function answerTo(message: unknown, work: ImageWork): Promise<Answer> {
  try {
    if (!isOrder(message)) throw new WorkerError('internal', 'the process for images was sent something else');
    const [first, how] = message.given;
    // Both ends are this program: what one sends is what the other one's type says.
    return { is: 'done', value: await Reflect.apply(work[message.work], work, [first, how]) };
  } catch (thrown) {
    const { code, message: text, hint, fields } = toWorkerError(thrown);
    return { is: 'failed', failure: { code, message: text, hint, fields, because: errorChain(thrown) } };
  }
}

const isOrder = (message: unknown): message is { readonly work: Work; readonly given: readonly unknown[] } =>
  isObject(message) && WORKS.has(String(message['work'])) && Array.isArray(message['given']);

/** One piece of work in the child, which is started where there is none. */
function createWorker({ spawn, command, env, after, onIdle }: ImageChildOptions) {
  let child: IpcChild | undefined;
  let answer: PromiseWithResolvers<unknown> | undefined;
  let stopIdling = (): void => {};
  const start = (): IpcChild => {
    const started = startChild(() =>
      spawn(command, {
        env,
        onLine: () => {},
        onDisconnect: () => {},
        onMessage: (message) => answer?.resolve(message),
      }),
    );
    void started.ended.then((end) => {
      if (child === started) child = undefined;
      answer?.reject(end);
    });
    return started;
  };
  return async (work: Work, given: readonly unknown[]): Promise<unknown> => {
    stopIdling();
    const current = (child ??= start());
    current.hold(true);
    answer = Promise.withResolvers();
    const disarm = after(WORKS_WITHIN_MS, () => current.killGroup());
    try {
      if (!current.send({ work, given })) current.killGroup();
      return valueOf(await answer.promise.catch((end: ChildEnd) => ended(work, end)));
    } finally {
      disarm();
      answer = undefined;
      current.hold(false);
      stopIdling = after(IDLE_MS, () => {
        current.killGroup();
        onIdle();
      });
    }
  };
}

function startChild(spawn: () => IpcChild): IpcChild {
  try {
    return spawn();
  } catch (thrown) {
    throw new WorkerError('native.unavailable', 'the process for images could not be started', { cause: thrown });
  }
}

/** A file that ends the process would end the next one as well. */
function ended(work: Work, end: ChildEnd): never {
  const how = howItEnded(end);
  if (work === 'encode' || work === 'encodeFilm') {
    throw new WorkerError('engine.failed', `the process for images ${how} while it wrote one`);
  }
  throw new WorkerError('task.invalid', `the image cannot be read: the process that read it ${how}`, {
    hint: 'Send the image as another file, such as a PNG that is saved again.',
  });
}

function howItEnded(end: ChildEnd): string {
  if (end.is === 'exited') return `exited with code ${end.code}`;
  return end.passedGib === undefined ? `was killed by ${end.signal}` : `took more than ${end.passedGib} GiB of memory`;
}

function valueOf(answer: unknown): unknown {
  if (isObject(answer) && answer['is'] === 'done') return answer['value'];
  const failure = isObject(answer) && isObject(answer['failure']) ? answer['failure'] : {};
  const { code, message, hint, fields, because } = failure;
  throw new WorkerError(isCode(code) ? code : 'internal', String(message), {
    ...(typeof hint === 'string' && { hint }),
    ...(isObject(fields) && { fields: fieldsOf(fields) }),
    cause: because,
  });
}

const fieldsOf = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const isCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
const areNumbers = (...values: readonly unknown[]): boolean => values.every((value) => typeof value === 'number');
const isFacts = (value: unknown): value is ImageFacts =>
  isObject(value) && areNumbers(value['width'], value['height'], value['pages']) && Array.isArray(value['delaysMs']);
const isRaw = (value: unknown): value is RawImage =>
  isObject(value) && areNumbers(value['width'], value['height'], value['channels']) && isBytes(value['pixels']);
