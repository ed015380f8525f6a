import { errorChain, WorkerError } from '../../base/errors.ts';
import { SECOND_MS } from '../../base/units.ts';
import { writeJson } from '../../contract/json.ts';
import type { Clock } from '../../system/clock.ts';
import type { ChildEnvironment } from '../../system/process/child.ts';
import type { SpawnIpc, IpcChild } from '../../system/process/processes.ts';
import { type CheckFinding, readCheckFinding, unchecked } from './check-finding.ts';

/*
 * A studio's regular expression may take for ever over a reply, and the worker has to keep its heartbeats up. Such a
 * schema is checked in a process: a thread of Bun 1.4.5 that is in the middle of a match is not ended by `terminate()`,
 * keeps its core, and delays the end of the program.
 */

/** Checks a reply against the schema of its task. */
export type CheckSchema = (text: string, schema: unknown, signal: AbortSignal) => Promise<CheckFinding>;

export interface SchemaCheckOptions {
  readonly spawn: SpawnIpc;
  /** This program as the process that checks; it is sent one `SchemaQuestion` and answers with a `CheckFinding`. */
  readonly command: readonly string[];
  readonly env: ChildEnvironment;
  readonly clock: Pick<Clock, 'after'>;
}

/** What the process is sent. */
export interface SchemaQuestion {
  readonly text: string;
  readonly schema: unknown;
}

/** A question as the worker sent it; undefined when it is none. */
export function readSchemaQuestion(message: unknown): SchemaQuestion | undefined {
  if (typeof message !== 'object' || message === null || !('text' in message) || !('schema' in message)) {
    return undefined;
  }
  return { text: String(message.text), schema: message.schema };
}

/** A reply of any usual length is done within milliseconds; starting a process takes a busy machine a second. */
export const SCHEMA_LIMIT_MS = 10 * SECOND_MS;

/** Keywords that may visit a value more than once, or search in it. A property of such a name costs a process. */
const UNBOUNDED = /"(?:pattern|patternProperties|format|uniqueItems|\$ref|\$dynamicRef|\$recursiveRef)":/;
/** Each part of any other schema visits each part of a reply once at most: this many take no tenth of a second. */
const MAX_VISITS = 2 ** 20;

/** Whether the check is over so soon that it may block everything else. */
const isBounded = (text: string, schema: string): boolean =>
  !UNBOUNDED.test(schema) && text.length * schema.length <= MAX_VISITS;

/**
 * A check that runs here where that surely takes no time, and in a process of its own elsewhere.
 *
 * Rejects with the signal's reason on abort, which ends the process.
 *
 * @throws WorkerError `task.invalid` when the check takes longer than `SCHEMA_LIMIT_MS`
 */
export function createSchemaCheck(options: SchemaCheckOptions): CheckSchema {
  return async (text, schema, signal) => {
    signal.throwIfAborted();
    const plain = writeJson(schema); // without white space, and no character of a name escaped that need not be
    return isBounded(text, plain)
      ? (await import('./json.ts')).checkJson(text, schema)
      : await checkApart({ text, schema }, options, signal);
  };
}

async function checkApart(
  question: SchemaQuestion,
  { spawn, command, env, clock }: SchemaCheckOptions,
  signal: AbortSignal,
): Promise<CheckFinding> {
  const answer = Promise.withResolvers<CheckFinding>();
  let child: IpcChild;
  try {
    child = spawn(command, {
      env,
      onMessage: (message) =>
        answer.resolve(readCheckFinding(message) ?? unchecked('the schema check sent something other than an answer')),
      onDisconnect: () => answer.resolve(unchecked('the schema check ended without an answer')),
      onLine: () => {},
    });
  } catch (thrown) {
    return unchecked(`the schema check could not be started: ${errorChain(thrown)}`); // the reply may well be good
  }
  const disarm = clock.after(SCHEMA_LIMIT_MS, () => answer.reject(tooLong()));
  const onAbort = (): void => answer.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    child.send(question);
    return await answer.promise;
  } finally {
    disarm();
    signal.removeEventListener('abort', onAbort);
    child.killGroup();
    await child.ended;
  }
}

const tooLong = (): WorkerError =>
  new WorkerError(
    'task.invalid',
    `the reply could not be checked against the task's schema within ${SCHEMA_LIMIT_MS / SECOND_MS} s`,
    { hint: 'Create the job with a schema whose patterns have no repetition within a repetition.' },
  );
