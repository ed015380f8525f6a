import { expect, test } from 'bun:test';
import { toWorkerError } from '../../../src/base/errors.ts';
import { patchFromJson } from '../../../src/config/from-json.ts';
import { valueOf } from '../../../src/config/from-text.ts';
import { patchText, readConfig } from '../../../src/config/read.ts';

const FOLDERS = { homeDir: '/home/op', tempDir: '/tmp' };
const read = (text: string) => readConfig(text, '/etc/w/config.toml', FOLDERS);

function failure(text: string): string {
  try {
    read(text);
  } catch (thrown) {
    return toWorkerError(thrown).message;
  }
  throw new Error('it was read');
}

const NIGHTS = `# my hours
[[schedule]] # week
days = ["mon", "tue"]
from = "22:00"
to = "07:00"

[[schedule]]
days = ["sat", "sun"]
from = "00:00"
to = "24:00"
time_zone = "Europe/Amsterdam"
`;

test('hours are read window by window', () => {
  expect(read(NIGHTS).schedule).toEqual([
    { days: ['mon', 'tue'], from: '22:00', to: '07:00' },
    { days: ['sat', 'sun'], from: '00:00', to: '24:00', time_zone: 'Europe/Amsterdam' },
  ]);
  expect(read('').schedule).toBeUndefined();
});

test.each([
  ['"22:00"', '"25:00"', '4:1', 'schedule, window 1: `from` takes a time such as "22:00", not "25:00"'],
  [
    '"07:00"',
    '"7:00"',
    '5:1',
    'schedule, window 1: `to` takes a time such as "07:00", or "24:00" for midnight, not "7:00"',
  ],
  [
    '"07:00"',
    '"22:00"',
    '5:1',
    'schedule, window 1: `to` is "22:00" like `from`; a whole day is from "00:00" to "24:00"',
  ],
  ['"07:00"', '700', '5:1', 'schedule, window 1: `to` takes a time such as "07:00", or "24:00" for midnight, not 700'],
  [
    '"tue"',
    '"Tuesday"',
    '3:1',
    'schedule, window 1: `days` takes a list of "mon", "tue", "wed", "thu", "fri", "sat", "sun"',
  ],
  ['["mon", "tue"]', '[]', '3:1', 'schedule, window 1: `days` takes a list of'],
  [
    '"Europe/Amsterdam"',
    '"Europe/Amsterdm"',
    '11:1',
    'schedule, window 2: `time_zone` takes a name of the IANA database such as "Europe/Amsterdam", not "Europe/Amsterdm"',
  ],
  ['"Europe/Amsterdam"', '""', '11:1', 'not ""'],
  ['"00:00"', '"24:00"', '9:1', 'schedule, window 2: `from` takes a time such as "22:00", not "24:00"'],
  ['to = "24:00"', 'until = "24:00"', '7:1', 'schedule, window 2: `to` is missing'],
  ['time_zone', 'timezone', '11:1', 'schedule, window 2: there is no "timezone"; did you mean time_zone?'],
])('%s as %s is refused with its line, field and value', (before, after, place, because) => {
  const message = failure(NIGHTS.replace(before, after));
  expect(message).toStartWith(`/etc/w/config.toml:${place}: `);
  expect(message).toContain(because);
});

test.each(['schedule = "always"', 'schedule = ["22:00"]', '[schedule]\nfrom = "22:00"'])(
  '%j is no list of windows, and the refusal says how one is written',
  (text) => {
    expect(failure(text)).toContain('schedule takes windows, each below a line [[schedule]]');
  },
);

test('the refusal shows the line that is wrong', () => {
  expect(failure(NIGHTS.replace('"22:00"', '"25:00"'))).toContain('4 | from = "25:00"\n');
});

test('hours are set and taken out without touching the rest of the file', () => {
  const start = 'api_base_url = "http://127.0.0.1:1/" # home\n\n[kinds]\nvideo = false # slow\n';
  const set = patchText(start, { schedule: [{ days: ['sat', 'sun'], from: '10:00', to: '18:00' }] });
  expect(set).toContain('schedule = [{ days = [ "sat", "sun" ], from = "10:00", to = "18:00" }]\n');
  expect(read(set).schedule).toEqual([{ days: ['sat', 'sun'], from: '10:00', to: '18:00' }]);
  const moved = patchText(set, { schedule: [{ from: '11:00', to: '12:00' }] });
  expect(read(moved).schedule).toEqual([{ from: '11:00', to: '12:00' }]);
  expect(moved).toContain('# slow');
  expect(patchText(moved, { schedule: undefined })).toBe(start);
});

test('windows of a form replace those in the file, and comments stay', () => {
  const file = `vram_threshold_gb = 8.0 # card\n\n${NIGHTS}`;
  const edited = patchText(file, { schedule: [{ from: '11:00', to: '12:00' }] });
  expect(read(edited).schedule).toEqual([{ from: '11:00', to: '12:00' }]);
  expect(edited).toContain('# card');
  expect(edited).not.toContain('[[');
  expect(patchText(file, { schedule: undefined })).toBe('vram_threshold_gb = 8.0 # card\n\n# my hours\n\n');
});

test('a form and a command line are refused with the same words', () => {
  const window = { from: '9', to: '17:00' };
  expect(patchFromJson({ schedule: [window] }, read(''))).toEqual({
    is: 'refused',
    problems: { schedule: 'schedule, window 1: `from` takes a time such as "22:00", not "9"' },
  });
  expect(() => valueOf('schedule', '[{ from = "9", to = "17:00" }]', 'schedule')).toThrow('not "9"');
  expect(valueOf('schedule', '[{ from = "09:00", to = "17:00" }]', 'schedule')).toEqual([
    { from: '09:00', to: '17:00' },
  ]);
});
