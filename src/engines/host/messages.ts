import * as v from 'valibot';
import { ERROR_CODES, type ErrorCode, toWorkerError, WorkerError } from '../../base/errors.ts';
import { toModelId } from '../../base/ids.ts';
import type { JsonValue } from '../../base/json.ts';
import { CliDefaultsSchema, ENGINE_NAMES, FILE_ROLES } from '../../contract/model-source.ts';
import { describeIssues, type Read } from '../../contract/read.ts';
import { DeviceNameSchema } from '../../contract/results.ts';
import { TaskSchema } from '../../contract/tasks/index.ts';

/*
 * The messages between worker and engine child. One request at a time:
 *
 *   worker                      child
 *   load  ─────────────────────▶
 *         ◀───── progress… loaded | failed
 *   run   ─────────────────────▶
 *         ◀───── taken, progress, delta, noted… done | failed
 *   cancel (any time) ─────────▶        the request ends with failed, soon
 *   unload ────────────────────▶        frees the model and exits
 *
 * The other side is our own program, but a native library shares its memory: what it sends is checked like any input.
 */

const Bytes = v.custom<Uint8Array>((value) => value instanceof Uint8Array, 'expected bytes');
const Count = v.pipe(v.number(), v.finite(), v.minValue(0));

const ModelFilesSchema = v.object({
  model: v.pipe(
    v.string(),
    v.transform((text) => toModelId(text)),
  ),
  paths: v.map(v.picklist(FILE_ROLES), v.string()),
  loras: v.array(v.string()),
  defaults: CliDefaultsSchema,
});

const LoadHowSchema = v.object({ lean: v.boolean(), binariesFolder: v.union([v.string(), v.undefined()]) });

const ToChildSchema = v.variant('do', [
  v.object({ do: v.literal('load'), engine: v.picklist(ENGINE_NAMES), files: ModelFilesSchema, how: LoadHowSchema }),
  v.object({ do: v.literal('run'), task: TaskSchema, inputs: v.map(v.string(), Bytes) }),
  v.object({ do: v.literal('cancel') }),
  v.object({ do: v.literal('unload') }),
]);
/** A message from the worker to an engine child. */
export type ToChild = v.InferOutput<typeof ToChildSchema>;

const ResultSchema = v.variant('is', [
  v.object({ is: v.literal('json'), value: v.custom<JsonValue>(isJson, 'expected a JSON value') }),
  v.object({ is: v.literal('artifact'), bytes: Bytes, ext: v.string() }),
]);

const DeltaSchema = v.variant('is', [
  v.object({ is: v.literal('text'), text: v.string() }),
  v.object({ is: v.literal('preview'), bytes: Bytes, ext: v.string() }),
  v.object({ is: v.literal('restart') }),
]);

const Fields = v.record(v.string(), v.union([v.string(), v.number(), v.boolean()]));

const FailureSchema = v.object({
  code: v.custom<ErrorCode>((code) => typeof code === 'string' && Object.hasOwn(ERROR_CODES, code)),
  message: v.string(),
  hint: v.optional(v.string()),
  fields: Fields,
});

const FromChildSchema = v.variant('is', [
  v.object({ is: v.literal('loaded'), ranOn: DeviceNameSchema }),
  /** It received a run and begins with it: what happens from here on is caused by the run. */
  v.object({ is: v.literal('taken') }),
  v.object({ is: v.literal('progress'), done: Count, total: Count }),
  /** A piece of the result, in the order in which they were made. */
  v.object({ is: v.literal('delta'), delta: DeltaSchema }),
  /** For the log. Names are static text, as all events' are. */
  v.object({
    is: v.literal('noted'),
    event: v.pipe(v.string(), v.regex(/^[a-z-]{1,40}\.[a-z-]{1,40}$/)),
    fields: Fields,
  }),
  v.object({ is: v.literal('done'), result: ResultSchema }),
  v.object({ is: v.literal('failed'), failure: FailureSchema }),
]);
/** A message from an engine child to the worker. */
export type FromChild = v.InferOutput<typeof FromChildSchema>;

/** A message that came in at the child's door. */
export const readToChild = (message: unknown): Read<ToChild> => read(ToChildSchema, message);
/** A message that came in at the worker's door. */
export const readFromChild = (message: unknown): Read<FromChild> => read(FromChildSchema, message);

function read<Schema extends v.GenericSchema>(schema: Schema, message: unknown): Read<v.InferOutput<Schema>> {
  const parsed = v.safeParse(schema, message);
  return parsed.success
    ? { is: 'read', value: parsed.output }
    : { is: 'unreadable', problem: describeIssues(parsed.issues) };
}

/** An error as it travels. Its cause and stack stay behind. */
export function failed(thrown: unknown): FromChild {
  const { code, message, hint, fields } = toWorkerError(thrown);
  return { is: 'failed', failure: { code, message, fields: { ...fields }, ...(hint === undefined ? {} : { hint }) } };
}

/** The error that a child reported, as our own. */
export const toError = ({ code, message, hint, fields }: v.InferOutput<typeof FailureSchema>): WorkerError =>
  new WorkerError(code, message, { fields, ...(hint === undefined ? {} : { hint }) });

function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return (
    typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson)
  );
}
