import { expect, test } from 'bun:test';
import { readJunit } from './batches.ts';

const report = (root: string, cases = ''): string =>
  `<?xml version="1.0"?>\n<testsuites name="bun test" ${root}>\n${cases}</testsuites>`;

test('a report tells what passed, what failed and the titles of what was skipped', () => {
  const cases =
    '<testcase name="a &quot;quoted&quot; title" classname="" time="0.1" />\n' +
    '<testcase name="in zsh [needs the program zsh]" classname="zsh" time="0">\n  <skipped />\n</testcase>\n';
  expect(readJunit(report('tests="5" failures="1" skipped="1"', cases), 1)).toEqual({
    passed: 3,
    failed: 1,
    skipped: ['in zsh [needs the program zsh]'],
  });
});

test('a run that ends badly without a failed test is one failure', () => {
  expect(readJunit(report('tests="5" failures="0" skipped="0"'), 1)).toMatchObject({ passed: 5, failed: 1 });
});

test('a run without a report is one failure, however it ended', () => {
  expect(readJunit('', 0)).toEqual({ passed: 0, failed: 1, skipped: [] });
});
