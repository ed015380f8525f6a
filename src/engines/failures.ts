import { errorChain, WorkerError, type WorkerErrorOptions } from '../base/errors.ts';
import { engineFacts, type EngineName } from '../contract/model-source.ts';
import type { Task, TaskKindId, TaskOf } from '../contract/tasks/index.ts';
import type { ChildEnd } from '../system/process/child.ts';
import { isOutOfMemory, exhaustedMemoryIn } from './out-of-memory.ts';

const nameInMessages = (engine: EngineName): string => engineFacts(engine).inMessages;

/**
 * For an engine that serves one kind of task. The message is the studio contract's, on both sides of a child.
 *
 * @throws WorkerError `task.unsupported`
 */
export function assertKind<Kind extends TaskKindId>(
  task: Task,
  kind: Kind,
  engine: EngineName,
): asserts task is TaskOf<Kind> {
  if (task.kind === kind) return;
  const message = `${nameInMessages(engine)} engine only serves ${kind} tasks, got ${task.kind}`;
  throw new WorkerError('task.unsupported', message, { hint: `Create the job with a model that serves ${task.kind}.` });
}

/** A model without a file that its engine cannot do without. */
export const roleMissing = (engine: EngineName, role: string, hint: string): WorkerError =>
  new WorkerError('model.role-missing', `the ${nameInMessages(engine)} engine needs a file with the role \`${role}\``, {
    hint,
  });

/** What a native library reported, in its own words. */
export interface LibraryReport {
  readonly text: string;
  readonly cause?: unknown;
  readonly fields?: NonNullable<WorkerErrorOptions['fields']>;
}

/** Why a model file could not be loaded. `format`: what the file should have been; `hint`: what to offer instead. */
export const loadFailure = (
  reported: LibraryReport,
  { format, hint }: { readonly format: string; readonly hint: string },
): WorkerError =>
  isOutOfMemory(reported.text)
    ? outOfMemory(reported)
    : new WorkerError('model.unusable', `not a loadable ${format} file: ${reported.text}`, {
        ...about(reported),
        hint,
      });

/** Why a loaded model could not run a task. */
export const runFailure = (reported: LibraryReport): WorkerError =>
  isOutOfMemory(reported.text)
    ? outOfMemory(reported)
    : new WorkerError('engine.failed', `the model could not be run: ${reported.text}`, about(reported));

/** Neither the model nor the task is to blame. */
export const outOfMemory = (reported: LibraryReport): WorkerError =>
  new WorkerError('engine.out-of-memory', `there is not enough memory for the model: ${reported.text}`, {
    cause: reported.cause,
    fields: exhaustedMemoryIn(reported.text),
  });

const about = ({ cause, fields }: LibraryReport) => ({ cause, ...(fields === undefined ? {} : { fields }) });

/** Why a process of an engine was ended for what it held of RAM; undefined when that was not why it ended. */
export function memoryExceeded(name: string, end: ChildEnd): WorkerError | undefined {
  if (end.is !== 'killed' || end.passedGib === undefined) return undefined;
  return new WorkerError(
    'engine.memory-exceeded',
    `${name} passed the memory ceiling of ${end.passedGib} GiB and was ended`,
    {
      hint: 'Raise `memory_max_gb` in the config file if this machine has the RAM, or create the job with a smaller model.',
      fields: { memoryMaxGb: end.passedGib },
    },
  );
}

/**
 * Why a native library could not be loaded. Undefined as `unpackedTo`: it is not part of this build, but of a checkout.
 */
export function libraryFailure(library: string, thrown: unknown, unpackedTo: string | undefined): WorkerError {
  const because = errorChain(thrown);
  return new WorkerError('native.unavailable', `${library} could not be loaded on this machine: ${because}`, {
    cause: thrown,
    hint: missingLibraryHint(because) ?? (unpackedTo === undefined ? CHECKOUT_HINT : UNPACKED_HINT),
  });
}

const CHECKOUT_HINT = 'Run `bun install` in the checkout, or use a release for this system.';
const UNPACKED_HINT = 'Set STUDIO_WORKER_CACHE_DIR to a folder where this account may write files and run programs.';

/** Packages of the system's libraries that ours are linked to; small systems do not have them all. */
const SYSTEM_LIBRARIES: ReadonlyMap<string, string> = new Map([
  ['libgomp.so.1', 'libgomp1'],
  ['libstdc++.so.6', 'libstdc++6'],
  ['libvulkan.so.1', 'libvulkan1'],
]);

/** In the words of glibc's `dlopen`. */
function missingLibraryHint(because: string): string | undefined {
  const [, missing = ''] = /(lib[\w+-]+\.so[.\d]*): cannot open shared object file/.exec(because) ?? [];
  const packageName = SYSTEM_LIBRARIES.get(missing);
  return packageName && `Install ${missing}; on Debian and Ubuntu run \`sudo apt install ${packageName}\`.`;
}
