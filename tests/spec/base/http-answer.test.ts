import { expect, test } from 'bun:test';
import { isTransientStatus } from '../../../src/base/http-answer.ts';

test('server errors and the client errors that time heals pass by themselves', () => {
  const statuses = [200, 301, 400, 401, 403, 404, 408, 409, 410, 413, 422, 425, 429, 500, 502, 503, 504, 599];
  expect(statuses.filter(isTransientStatus)).toEqual([408, 425, 429, 500, 502, 503, 504, 599]);
});
