import * as v from 'valibot';
import { describeIssues, type Read } from '../../contract/read.ts';

/** Reads a foreign value, or names the field that is wrong. Never throws, never echoes the value. */
export type ValueReader<T> = (value: unknown) => Read<T>;

/** One thing that may be asked: how its request and its answer read. */
export interface AskEntry<Request, Answer> {
  readonly request: ValueReader<Request>;
  readonly answer: ValueReader<Answer>;
  /** How long the caller should wait, in milliseconds. */
  readonly timeoutMs: number;
}

/** One thing that may be subscribed to: how its request and each of its events read. */
export interface StreamEntry<Request, Event> {
  readonly request: ValueReader<Request>;
  readonly event: ValueReader<Event>;
  /** How long the subscriber should wait for the confirmation, in milliseconds; events may be any time apart. */
  readonly timeoutMs: number;
}

/** An entry of the table that is answered once. */
export const ask = <Request, Answer>(
  request: v.GenericSchema<unknown, Request>,
  answer: v.GenericSchema<unknown, Answer>,
  timeoutMs: number,
): AskEntry<Request, Answer> => ({ request: readerOf(request), answer: readerOf(answer), timeoutMs });

/** An entry of the table that is answered with events. */
export const stream = <Request, Event>(
  request: v.GenericSchema<unknown, Request>,
  event: v.GenericSchema<unknown, Event>,
  timeoutMs: number,
): StreamEntry<Request, Event> => ({ request: readerOf(request), event: readerOf(event), timeoutMs });

/** A schema as a function, so that the tables hold no library's types. */
export const readerOf =
  <T>(schema: v.GenericSchema<unknown, T>): ValueReader<T> =>
  (value) => {
    const parsed = v.safeParse(schema, value);
    return parsed.success
      ? { is: 'read', value: parsed.output }
      : { is: 'unreadable', problem: describeIssues(parsed.issues) };
  };
