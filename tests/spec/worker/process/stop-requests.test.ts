import { expect, test } from 'bun:test';
import { StopRequests } from '../../../../src/worker/process/stop-requests.ts';

/** Requests of a process, whose signals the test sends. */
function setup() {
  let send = (): void => {};
  let isListening = true;
  const requests = new StopRequests((call) => {
    let count = 0;
    send = () => call('SIGTERM', ++count);
    return () => void (isListening = false);
  });
  return { requests, send: () => send(), isListening: () => isListening };
}

test('a request that comes before anybody takes it is passed on later', () => {
  const { requests, send } = setup();
  send();
  send();
  const taken: string[] = [];
  requests.passTo(() => taken.push('worker'));
  expect(taken).toEqual(['worker', 'worker']);
});

test('each request is passed on once, to its receiver of that moment', () => {
  const { requests, send } = setup();
  const taken: string[] = [];
  requests.passTo(() => taken.push('first'));
  send();
  requests.passTo(() => taken.push('second'));
  requests.request();
  expect(taken).toEqual(['first', 'second']);
  expect(requests.count).toBe(2);
});

test('signals end the process as usual once nobody takes requests', () => {
  const { requests, isListening } = setup();
  requests[Symbol.dispose]();
  expect(isListening()).toBe(false);
});
