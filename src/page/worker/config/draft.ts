import type { ConfigField } from '../../../local-api/contract/config.ts';
import type { ScheduleWindow } from '../../../base/config/schedule-window.ts';
import { CONFIG } from '../../words/config.ts';

/** What a reader put into a widget: a text as it was typed, a switch, one for each kind, or hours of the week. */
export type Edit = string | boolean | Readonly<Record<string, boolean>> | readonly ScheduleWindow[];
/** Edits by key. */
export type Edits = Readonly<Record<string, Edit>>;

/** One edit that is not what the file says. */
export interface SettingChange {
  readonly field: ConfigField;
  /** What would be written; null restores the default. Undefined while it is wrong. */
  readonly value: unknown;
  readonly error: string | undefined;
}

/** Whether a value is hours of the week. A list of texts is none. */
export const isWindows = (value: Edit | ConfigField['value'] | undefined): value is readonly ScheduleWindow[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'object');

/** Whether a key can be edited here: the environment overrides the file. */
export const isEditable = ({ source }: ConfigField): boolean => source !== 'environment';

/** What a text widget shows of a value. */
export function textOf({ value, shape }: ConfigField): string {
  if (shape === 'secret' || value === null) return '';
  if (isWindows(value)) return '';
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' ? '' : String(value);
}

/** A switch for each kind; one that nobody set is on. */
export function switchesOf({ value, options = [] }: ConfigField): Readonly<Record<string, boolean>> {
  const set = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  return Object.fromEntries(options.map(({ value: kind }) => [kind, set[kind] ?? true]));
}

/** Whether an edit leaves everything as it is. */
export function isSame(field: ConfigField, edit: Edit): boolean {
  if (typeof edit === 'boolean') return field.value === edit;
  if (typeof edit === 'string') return edit.trim() === textOf(field);
  if (isWindows(edit)) return JSON.stringify(edit) === JSON.stringify(isWindows(field.value) ? field.value : []);
  const before = switchesOf(field);
  return Object.entries(edit).every(([kind, isOn]) => before[kind] === isOn);
}

/** What an edit comes to: the value to write, or what is wrong with it. */
export function changeOf(field: ConfigField, edit: Edit): SettingChange {
  const given = isWindows(edit) && edit.length === 0 ? null : edit;
  const read = typeof given === 'string' ? readText(field, given.trim()) : { value: given };
  return { field, value: undefined, error: undefined, ...read };
}

/** All edits that change something, in the order of the page. */
export const changesIn = (fields: readonly ConfigField[], edits: Edits): readonly SettingChange[] =>
  fields.flatMap((field) => {
    const edit = edits[field.key];
    return edit === undefined || isSame(field, edit) ? [] : [changeOf(field, edit)];
  });

type Read = { readonly value: unknown } | { readonly error: string };

/** Nothing at all restores the default. */
function readText(field: ConfigField, text: string): Read {
  if (text === '') return { value: null };
  switch (field.shape) {
    case 'number':
    case 'count':
      return readNumber(field, text);
    case 'list':
      return { value: text.split(/\s*,\s*/).filter((item) => item !== '') };
    case 'text':
    case 'folder':
    case 'secret':
    case 'choice':
    case 'switch':
    case 'kinds':
    case 'windows':
      return { value: text };
    default:
      return field.shape satisfies never;
  }
}

function readNumber({ shape, min, max }: ConfigField, text: string): Read {
  const value = Number(text.replace(',', '.'));
  if (!Number.isFinite(value)) return { error: CONFIG.number };
  if (shape === 'count' && !Number.isInteger(value)) return { error: CONFIG.whole };
  const isOutside = value < (min ?? -Infinity) || value > (max ?? Infinity);
  if (!isOutside) return { value };
  return { error: max === undefined ? CONFIG.atLeast(min ?? 0) : CONFIG.between(min ?? 0, max) };
}

/** A value in the words of the page, such as behind “was”. */
export function valueWords(field: Pick<ConfigField, 'value' | 'shape' | 'unit'>): string {
  const { value, shape, unit } = field;
  if (typeof value === 'boolean') return value ? CONFIG.on : CONFIG.off;
  if (value === null || shape === 'secret' || typeof value === 'object') return CONFIG.nothing;
  return unit === undefined ? String(value) : `${value} ${CONFIG.units[unit]}`;
}
