import { expect, test } from 'bun:test';
import { ERROR_CODES, WorkerError, type ErrorCode } from '../../../src/base/errors.ts';
import { describeFailure, exitCodeOf } from '../../../src/cli/exit.ts';

const CODES = Object.entries(ERROR_CODES).filter((entry): entry is [ErrorCode, (typeof entry)[1]] => true);

test('every failure exits with the number of its code', () => {
  expect(CODES.map(([code]) => exitCodeOf(new WorkerError(code, 'x')))).toEqual(CODES.map(([, { exit }]) => exit));
});

test('a failure is one line with its code, its reason and what to do', () => {
  const cause = new Error('connection refused');
  const error = new WorkerError('studio.unreachable', 'no answer from the studio', {
    cause,
    hint: 'Check the network.',
  });
  expect(describeFailure(error)).toBe(
    'error: no answer from the studio [studio.unreachable]\nbecause: connection refused\nhint: Check the network.\n',
  );
});

test('the code comes before the excerpt of a broken file', () => {
  const error = new WorkerError('config.invalid', 'config.toml: bad value\n  1 | a = \n          ^');
  expect(describeFailure(error)).toStartWith(
    'error: config.toml: bad value [config.invalid]\n  1 | a = \n          ^\n',
  );
});

test('a reason that the message already gives is not repeated', () => {
  const error = new WorkerError('disk.full', 'a.gguf: no space left', { cause: new Error('no space left') });
  expect(describeFailure(error)).toBe('error: a.gguf: no space left [disk.full]\n');
});

test('only a fault of ours shows its stack and asks for a report', () => {
  const ours = describeFailure(new TypeError('x is not a function'));
  expect(ours).toStartWith('error: x is not a function [internal]\n');
  expect(ours).toContain('exit.test.ts');
  expect(ours).toEndWith('Please report it with the lines above.\n');
  expect(exitCodeOf(new TypeError('x'))).toBe(70);
  expect(describeFailure(new WorkerError('disk.full', 'no space'))).toBe('error: no space [disk.full]\n');
});

test('something thrown that is no error is reported as well', () => {
  expect(describeFailure('just a text')).toStartWith('error: just a text [internal]\n');
});
