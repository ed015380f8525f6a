import { expect, test } from 'bun:test';
import type { ConfigField } from '../../../../src/local-api/contract/config.ts';
import {
  changeOf,
  changesIn,
  isSame,
  switchesOf,
  textOf,
  valueWords,
} from '../../../../src/page/worker/config/draft.ts';
import { CONFIG_GROUPS } from '../../../../src/base/config/groups.ts';
import { CONFIG as WORDS } from '../../../../src/page/words/config.ts';
import { CONFIG } from '../../../page/fixtures.ts';

const field = (key: string): ConfigField => CONFIG.fields.find((one) => one.key === key)!;
const change = (key: string, text: string) => {
  const { value, error } = changeOf(field(key), text);
  return error ?? value;
};

test('every config key has a name of its own, every group a title', () => {
  expect(CONFIG.fields.filter(({ key, name }) => name === key || name === '')).toEqual([]);
  expect(new Set(CONFIG.fields.map(({ name }) => name)).size).toBe(CONFIG.fields.length);
  expect(CONFIG_GROUPS.map((group) => WORDS.groups[group])).toHaveLength(CONFIG_GROUPS.length);
});

test('what was typed is written as what its key takes', () => {
  expect(change('vram_threshold_gb', '7,5')).toBe(7.5);
  expect(change('keep_warm_secs', ' 30 ')).toBe(30);
  expect(change('api_base_url', 'https://other.example/')).toBe('https://other.example/');
  expect(change('supported_models_override', 'a, b,')).toEqual(['a', 'b']);
  expect(change('output_check', 'flag')).toBe('flag');
});

test('hours of the week are written as put, none restores the default', () => {
  const hours = [{ from: '22:00', to: '07:00' }];
  const schedule = { ...field('schedule'), value: hours };
  expect(isSame(schedule, [...hours])).toBe(true);
  expect(changeOf(schedule, [{ from: '23:00', to: '07:00' }])).toMatchObject({
    value: [{ from: '23:00', to: '07:00' }],
  });
  expect(changeOf(schedule, [])).toMatchObject({ value: null, error: undefined });
  expect(isSame({ ...schedule, value: null }, [])).toBe(true);
});

test('nothing at all restores the default', () => {
  expect(change('models_max_gb', '')).toBe(null);
  expect(change('keep_warm_secs', '  ')).toBe(null);
});

test.each([
  ['disk_floor_gb', '-5', 'Use 0 or more.'],
  ['disk_floor_gb', 'lots', 'Use a number.'],
  ['keep_warm_secs', '1.5', 'Use a whole number.'],
  ['memory_max_gb', '3', 'Use a number from 4 to 1024.'],
  ['memory_max_gb', '1e9', 'Use a number from 4 to 1024.'],
  ['auto_update_interval_secs', '59', 'Use 60 or more.'],
])('%s refuses %p before it is sent', (key, text, say) => expect(change(key, text)).toBe(say));

test('an edit that is taken back by hand is no change', () => {
  expect(isSame(field('vram_threshold_gb'), '12')).toBe(true);
  expect(isSame(field('auto_enabled'), true)).toBe(true);
  expect(isSame(field('local_api_token'), '')).toBe(true);
  expect(isSame(field('kinds'), switchesOf(field('kinds')))).toBe(true);
  expect(changesIn(CONFIG.fields, { auto_enabled: true, vram_threshold_gb: '12 ' })).toEqual([]);
});

test('changes are listed in page order with what is wrong', () => {
  const changes = changesIn(CONFIG.fields, { disk_floor_gb: 'x', auto_enabled: false, vram_threshold_gb: '8' });
  expect(changes.map((one) => [one.field.key, one.value, one.error])).toEqual([
    ['vram_threshold_gb', 8, undefined],
    ['auto_enabled', false, undefined],
    ['disk_floor_gb', undefined, 'Use a number.'],
  ]);
});

test('a secret is never shown, not even as what it was', () => {
  expect(textOf(field('local_api_token'))).toBe('');
  expect(valueWords(field('local_api_token'))).toBe('not set');
});

test('values are told in the words of the page', () => {
  expect(valueWords(field('auto_enabled'))).toBe('on');
  expect(valueWords(field('vram_threshold_gb'))).toBe('12 GiB');
  expect(valueWords(field('models_max_gb'))).toBe('not set');
});
