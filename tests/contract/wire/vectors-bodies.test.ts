import { describe, expect, test } from 'bun:test';
import * as v from 'valibot';
import { writeJson } from '../../../src/contract/json.ts';
import {
  readBootstrapAnswer,
  readPollAnswer,
  readRegisterAnswer,
  RegisterRequestSchema,
} from '../../../src/contract/registration.ts';
import { type Fixtures, loadFrames } from '../../fixtures/frames/load.ts';

interface Expected {
  readonly schema: 'request' | 'answer' | 'poll';
  readonly reads?: object;
  readonly problem?: string;
}
const BODIES = loadFrames('registration-bodies') as Fixtures<Expected>;
const READERS = { answer: readRegisterAnswer, poll: readPollAnswer };

describe('the bodies of registration', () => {
  for (const { what, frame, schema, reads, problem } of BODIES) {
    if (schema === 'request') {
      test(`${what} is read and written in the same order`, () => {
        expect(writeJson(v.parse(RegisterRequestSchema, frame))).toBe(writeJson(frame));
      });
    } else if (problem === undefined) {
      test(`${what} is read in full`, () => {
        const read: unknown = READERS[schema](writeJson(frame));
        expect(read).toEqual({ is: 'read', value: reads });
      });
    } else {
      test(`${what} is rejected with its reason`, () => {
        const read: unknown = READERS[schema](writeJson(frame));
        expect(read).toEqual({ is: 'unreadable', problem: expect.stringContaining(problem) });
      });
    }
  }
});

test('an answer with an empty token is no approval', () => {
  expect(readPollAnswer('{"status":"approved","workerId":"w","authToken":""}').is).toBe('unreadable');
  expect(readBootstrapAnswer('{"workerId":"w","authToken":""}').is).toBe('unreadable');
});

test('a bootstrap answer is who we are from now on', () => {
  const read: unknown = readBootstrapAnswer('{"workerId":"w-1","authToken":"tok","ok":true}');
  expect(read).toEqual({ is: 'read', value: { workerId: 'w-1', authToken: 'tok' } });
});

test('a page instead of an answer is called what it is', () => {
  expect(readRegisterAnswer('<!doctype html>')).toEqual({ is: 'unreadable', problem: 'not JSON' });
});
