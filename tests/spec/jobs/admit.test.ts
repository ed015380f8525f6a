import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { admit, type AdmissionSnapshot } from '../../../src/jobs/admit.ts';

const idle: AdmissionSnapshot = {
  paused: false,
  onlyWhenIdle: false,
  userPresence: undefined,
  busy: false,
  stopping: false,
  outboxFull: false,
};
const answer = (about: Partial<AdmissionSnapshot>) => {
  const decision = admit({ ...idle, ...about });
  return decision.is === 'rejected' ? decision.because : undefined;
};

test('an idle worker takes the offer', () => {
  expect(admit(idle)).toEqual({ is: 'taken' });
});

test('a paused worker rejects every offer and says why', () => {
  expect(answer({ paused: true, busy: true })).toEqual({ code: 'paused', reason: 'worker paused by operator' });
});

test('a worker that runs only when idle rejects while the person is active', () => {
  const because = { code: 'paused', reason: 'only when idle: the person is using this computer' } as const;
  expect(answer({ onlyWhenIdle: true, userPresence: 'active' })).toEqual(because);
  expect(answer({ onlyWhenIdle: true, userPresence: undefined })).toEqual(because);
  expect(answer({ onlyWhenIdle: true, userPresence: 'idle' })).toBeUndefined();
});

test('a worker with a job in its slot is busy', () => {
  expect(answer({ busy: true })).toEqual({ code: 'busy', reason: 'worker already has an in-flight job' });
});

test('a stopping worker and a full outbox refuse rather than lose work', () => {
  expect(answer({ stopping: true })?.code).toBe('busy');
  expect(answer({ outboxFull: true })?.code).toBe('busy');
});

test('only a snapshot without any obstacle is taken', () => {
  const anySnapshot = fc.record({
    paused: fc.boolean(),
    onlyWhenIdle: fc.boolean(),
    userPresence: fc.constantFrom<AdmissionSnapshot['userPresence']>('idle', 'active', undefined),
    busy: fc.boolean(),
    stopping: fc.boolean(),
    outboxFull: fc.boolean(),
  });
  fc.assert(
    fc.property(anySnapshot, (snapshot) => {
      const free = !snapshot.paused && !snapshot.busy && !snapshot.stopping && !snapshot.outboxFull;
      const undisturbed = !snapshot.onlyWhenIdle || snapshot.userPresence === 'idle';
      return (admit(snapshot).is === 'taken') === (free && undisturbed);
    }),
  );
});

test('an offer that cannot be served now is busy to the studio and tells us more', () => {
  expect(admit({ ...idle, unfit: 'lama crashes' })).toEqual({
    is: 'rejected',
    because: { code: 'busy', reason: 'worker already has an in-flight job' },
    why: 'lama crashes',
  });
});
