import type { Tool } from '../../contract/openai/chat.ts';

/*
 * How models write that they want a function called, by the families of their templates:
 *
 *   <tool_call>{"name": "f", "arguments": {…}}</tool_call>                       Hermes, Qwen
 *   <tool_call><function=f><parameter=x>…</parameter></function></tool_call>     Qwen3-Coder, Qwen3.5
 *   <tool_call>f<arg_key>x</arg_key><arg_value>…</arg_value></tool_call>         GLM
 *   {"name": "f", "parameters": {…}}                                             Llama 3, and every answer that must be a call
 *   [{"name": "f", "arguments": {…}}]                                            Mistral, behind a token that is no text
 *   <function=f>{…}</function>                                                   Llama 3 with tools of its own
 *
 * What names no tool of the request is an answer like any other.
 */

/** A call that a model wrote. `arguments` is JSON. */
export interface WrittenCall {
  readonly name: string;
  readonly arguments: string;
}

export interface ReadAnswer {
  /** What it said before its calls; all of it where there are none. */
  readonly content: string;
  readonly calls: readonly WrittenCall[];
}

const OPENINGS = ['<tool_call>', '<function=', '[TOOL_CALLS]', '<|python_tag|>'];

/** An answer, with the calls of these tools apart from it. */
export function readCalls(text: string, tools: readonly Tool[]): ReadAnswer {
  const at = openingIn(text);
  const isBare = /^\s*[[{]/.test(text);
  if (tools.length === 0 || (at === -1 && !isBare)) return { content: text, calls: [] };
  const [before, rest] = at === -1 ? ['', text] : [text.slice(0, at), text.slice(at)];
  const calls = callsIn(rest).flatMap((call) => known(call, tools));
  return calls.length === 0 ? { content: text, calls } : { content: before.trimEnd(), calls };
}

/** The beginning of a growing answer that is certain to be content, whatever follows. */
export function contentSoFar(text: string): string {
  if (/^\s*(?:[[{]|$)/.test(text)) return '';
  const at = openingIn(text);
  const end = at === -1 ? beforeHalfOpening(text) : at;
  return text.slice(0, end).trimEnd();
}

function openingIn(text: string): number {
  const found = OPENINGS.map((opening) => text.indexOf(opening)).filter((at) => at !== -1);
  return found.length === 0 ? -1 : Math.min(...found);
}

/** Where an opening may have begun that is not complete yet. */
function beforeHalfOpening(text: string): number {
  const longest = Math.max(...OPENINGS.map(({ length }) => length));
  for (let at = Math.max(0, text.length - longest); at < text.length; at++) {
    if (OPENINGS.some((opening) => opening.startsWith(text.slice(at)))) return at;
  }
  return text.length;
}

interface RawCall {
  readonly name: string;
  /** A value, or texts whose type the tool's schema knows. */
  readonly arguments: unknown;
  readonly texts?: Readonly<Record<string, string>>;
}

function callsIn(text: string): readonly RawCall[] {
  const wrapped = [...text.matchAll(/<tool_call>([\s\S]*?)(?:<\/tool_call>|$)/g)].map(([, inner = '']) => inner);
  if (wrapped.length > 0) return wrapped.flatMap(callIn);
  const functions = [...text.matchAll(/<function=[\s\S]*?(?:<\/function>|$)/g)].map(([whole]) => whole);
  if (functions.length > 0) return functions.flatMap(callIn);
  return jsonCalls(text.replace(/^\s*(?:\[TOOL_CALLS\]|<\|python_tag\|>)/, ''));
}

function callIn(inner: string): readonly RawCall[] {
  const byTags = /<function=([\w-]+)>([\s\S]*?)(?:<\/function>|$)/.exec(inner);
  if (byTags !== null) return [tagged(byTags[1] ?? '', byTags[2] ?? '', PARAMETER)];
  const byKeys = /^\s*([\w-]+)\s*(<arg_key>[\s\S]*)?$/.exec(inner);
  if (byKeys !== null) return [tagged(byKeys[1] ?? '', byKeys[2] ?? '', ARGUMENT)];
  return jsonCalls(inner);
}

const PARAMETER = /<parameter=([^>]+)>\n?([\s\S]*?)\n?<\/parameter>/g;
const ARGUMENT = /<arg_key>([\s\S]*?)<\/arg_key>\s*<arg_value>([\s\S]*?)<\/arg_value>/g;

function tagged(name: string, body: string, pair: RegExp): RawCall {
  const texts = [...body.matchAll(pair)].map(([, key = '', value = '']) => [key.trim(), value] as const);
  if (texts.length === 0 && body.trim().startsWith('{')) return { name, arguments: parse(body) };
  return { name, arguments: undefined, texts: Object.fromEntries(texts) };
}

/** One call, or a list of them, or one on each line. */
function jsonCalls(text: string): readonly RawCall[] {
  const whole = parse(text);
  const values = whole === undefined ? text.split(/;\s*(?=\{)|\n(?=\s*\{)/).map(parse) : [whole].flat();
  const calls = values.map(rawCall);
  return calls.every((call) => call !== undefined) ? calls : [];
}

function rawCall(value: unknown): RawCall | undefined {
  if (!isObject(value) || typeof value['name'] !== 'string') return undefined;
  const given = value['arguments'] ?? value['parameters'] ?? {};
  return { name: value['name'], arguments: typeof given === 'string' ? parse(given) : given };
}

/** A call of one of these, with arguments that are an object. */
function known(call: RawCall, tools: readonly Tool[]): readonly WrittenCall[] {
  const tool = tools.find(({ function: { name } }) => name === call.name);
  if (tool === undefined) return [];
  const given = call.texts === undefined ? call.arguments : valuesOf(call.texts, tool);
  return isObject(given) ? [{ name: call.name, arguments: JSON.stringify(given) }] : [];
}

/** Texts stay texts where the schema wants them; the others are JSON. */
function valuesOf(texts: Readonly<Record<string, string>>, { function: { parameters } }: Tool) {
  const properties = isObject(parameters?.['properties']) ? parameters['properties'] : {};
  const valueOf = (key: string, text: string): unknown => {
    const schema = properties[key];
    const isText = isObject(schema) && schema['type'] === 'string';
    return isText ? text : (parse(text) ?? text);
  };
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, valueOf(key, text)]));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // whoever reads it goes on with the text
  }
}
