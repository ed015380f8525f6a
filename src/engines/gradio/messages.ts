import * as v from 'valibot';
import { describeIssues, type Read } from '../../contract/read.ts';

/*
 * How a Gradio app describes itself: the widgets and functions of its page at `/config`, its endpoints at `/info`. It is
 * another program, and describes far more than concerns a task: an entry that does not read is left out, an address or
 * a list that does not read makes the app unusable.
 */

/** The entries that read. */
const readable = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.pipe(
    v.array(v.unknown()),
    v.transform((entries) => entries.flatMap((entry) => readOrNone(schema, entry))),
  );

function readOrNone<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema>[] {
  const parsed = v.safeParse(schema, value);
  return parsed.success ? [parsed.output] : [];
}

/** What people may choose from; endless where a widget has no such limit. */
const Limits = v.object({
  minimum: v.fallback(v.number(), Number.NEGATIVE_INFINITY),
  maximum: v.fallback(v.number(), Number.POSITIVE_INFINITY),
});
/** The limits of a widget that has none. */
export const ENDLESS = { minimum: Number.NEGATIVE_INFINITY, maximum: Number.POSITIVE_INFINITY };

const WidgetSchema = v.object({
  id: v.number(),
  type: v.fallback(v.string(), ''),
  props: v.fallback(Limits, ENDLESS),
});
/** One widget of the app's page. */
export type Widget = v.InferOutput<typeof WidgetSchema>;

const FunctionSchema = v.object({
  /** Without a slash. */
  api_name: v.string(),
  /** Ids of the widgets that it is called from. */
  inputs: v.fallback(v.array(v.number()), []),
});

/** A function that the app calls when a widget changes, with the name of its endpoint. */
export type AppFunction = v.InferOutput<typeof FunctionSchema>;

/** It is put behind the app's address: one that is no path could lead to another host. */
const Prefix = v.pipe(
  v.string(),
  v.check((prefix) => /^(?:\/[\w.~-]+)*$/.test(prefix), 'expected a path'),
);

const ConfigSchema = v.object({
  auth_required: v.fallback(v.boolean(), false),
  api_prefix: v.nullish(Prefix, ''),
  components: readable(WidgetSchema),
  dependencies: readable(FunctionSchema),
});

const EndpointSchema = v.object({
  /** An app of another version may name none: they still count, since widgets go by their order. */
  parameters: v.fallback(
    readable(
      v.object({
        parameter_name: v.fallback(v.string(), ''),
        parameter_has_default: v.fallback(v.boolean(), false),
      }),
    ),
    [],
  ),
  /** The widgets that show what it returns. */
  returns: v.fallback(readable(v.object({ component: v.string() })), []),
});
/** An endpoint as the app lists it. */
export type ListedEndpoint = v.InferOutput<typeof EndpointSchema>;

const InfoSchema = v.object({
  named_endpoints: v.pipe(
    v.record(v.string(), v.unknown()),
    v.transform(
      (listed): ReadonlyMap<string, ListedEndpoint> =>
        new Map(
          Object.entries(listed).flatMap(([name, about]) =>
            readOrNone(EndpointSchema, about).map((endpoint) => [name, endpoint] as const),
          ),
        ),
    ),
  ),
});

/** A page as the app sent it. */
export type SentPage = Readonly<Record<string, unknown>>;
const SentSchema = v.record(v.string(), v.unknown());

/** A page of an app: what of it concerns a task, and all of it for the app's own client library. */
export interface AppPage<Parts> {
  readonly parts: Parts;
  readonly sent: SentPage;
}

/** Numbers stay numbers, however large: the library gets them as the app's page would. */
const reader =
  <Schema extends v.GenericSchema>(schema: Schema) =>
  (bytes: Uint8Array): Read<AppPage<v.InferOutput<Schema>>> => {
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      return { is: 'unreadable', problem: 'not JSON' }; // a page for people
    }
    const sent = v.safeParse(SentSchema, value);
    if (!sent.success) return { is: 'unreadable', problem: describeIssues(sent.issues) };
    const parts = v.safeParse(schema, value);
    if (!parts.success) return { is: 'unreadable', problem: describeIssues(parts.issues) };
    return { is: 'read', value: { parts: parts.output, sent: sent.output } };
  };

/** Readers of its pages. None throws; a problem names fields and never echoes a value. */
export const readConfig = reader(ConfigSchema);
export const readInfo = reader(InfoSchema);
