import { expect, test } from 'bun:test';
import { GIB, KIB, MIB } from '../../../src/base/units.ts';
import {
  bytes,
  bytesOf,
  clockMillis,
  clockSeconds,
  clockTime,
  count,
  countdown,
  date,
  day,
  duration,
  gib,
  hostOf,
  latency,
  moment,
  percent,
  plural,
  rate,
  sentence,
} from '../../../src/page/format.ts';

test.each([
  [-5, '0s'],
  [999, '0s'],
  [12_400, '12s'],
  [59_999, '59s'],
  [184_000, '3m 04s'],
  [3_599_999, '59m 59s'],
  [72 * 60_000, '1h 12m'],
  [76 * 3_600_000, '3d 4h'],
])('a span of %p ms reads %p', (ms, text) => expect(duration(ms)).toBe(text));

test.each([
  [812, '812 B'],
  [84 * KIB, '84 KiB'],
  [1.3 * MIB, '1.3 MiB'],
  [61.2 * MIB, '61 MiB'],
  [0.8 * GIB, '819 MiB'],
  [12.4 * GIB, '12.4 GiB'],
  [212.3 * GIB, '212 GiB'],
])('a size of %p bytes reads %p', (size, text) => expect(bytes(size)).toBe(text));

test('a part and its whole share the unit of the whole', () => {
  expect(bytesOf(0.5 * GIB, 12.4 * GIB)).toBe('0.5 of 12.4 GiB');
  expect(bytesOf(18.2 * MIB, 41.6 * MIB)).toBe('18.2 of 41.6 MiB');
  expect(bytesOf(0, 300 * KIB)).toBe('0.0 of 300.0 KiB');
});

test('only latencies are shown in milliseconds', () => {
  expect(latency(41.3)).toBe('41 ms');
  expect(latency(2_400)).toBe('2.4 s');
});

test('rates, memory, shares and counts each have one form', () => {
  expect(rate(41.8 * MIB)).toBe('41.8 MiB/s');
  expect(rate(512 * KIB)).toBe('512.0 KiB/s');
  expect(gib(12)).toBe('12.0 GiB');
  expect(percent(0.618)).toBe('62 %');
  expect(count(48_213)).toBe('48,213');
  expect(plural(1, 'job')).toBe('1 job');
  expect(plural(1_000, 'job')).toBe('1,000 jobs');
  expect(plural(2, 'retry', 'retries')).toBe('2 retries');
});

test('times are local, and a time of another day names the day', () => {
  const at = new Date(2026, 10, 27, 8, 19, 5, 7).getTime();
  expect(clockTime(at)).toBe('08:19');
  expect(clockSeconds(at)).toBe('08:19:05');
  expect(clockMillis(at)).toBe('08:19:05.007');
  expect(day(at)).toBe('27 Nov');
  expect(date(at)).toBe('27 Nov 2026');
  expect(moment(at, at + 60_000)).toBe('08:19');
  expect(moment(at, at + 86_400_000)).toBe('27 Nov, 08:19');
});

test('a link to a studio reads as its host', () => {
  expect(hostOf('https://studio.example.com/')).toBe('studio.example.com');
  expect(hostOf('http://127.0.0.1:4799/')).toBe('127.0.0.1:4799');
  expect(hostOf('no address')).toBe('no address');
});

test('a countdown ends with the wait, and a reason begins as a sentence', () => {
  expect(countdown(1_001)).toBe('2s');
  expect(countdown(1)).toBe('1s');
  expect(countdown(-1)).toBe('0s');
  expect(sentence('the disk is full')).toBe('The disk is full');
  expect(sentence('libcudnn.so.9 is missing')).toBe('libcudnn.so.9 is missing');
  expect(sentence('vram_threshold_gb is 12')).toBe('vram_threshold_gb is 12');
});
