import { expect, test } from 'bun:test';
import { toWorkerId } from '../../../../src/base/ids.ts';
import type { Capabilities } from '../../../../src/contract/capabilities.ts';
import { createRegistration } from '../../../../src/studio/registration/driver.ts';
import type { BootstrapResult, RegistrationClient } from '../../../../src/studio/registration/client.ts';
import type { PollResult, RequestResult } from '../../../../src/studio/registration/machine.ts';
import type { RegistrationRecord } from '../../../../src/studio/registration/record.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';
import { fakeRandom } from '../../../fakes/system/fake-random.ts';
import { someCapabilities } from '../../../fakes/builders.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';

const CAPABILITIES = someCapabilities({ autoEnabled: false, userPresence: 'active' });
const APPROVED: PollResult = { is: 'approved', workerId: toWorkerId('w-1'), authToken: 'tok' };
const PENDING: PollResult = { is: 'pending', longPoll: false };
const DENIED: PollResult = { is: 'unauthorized', message: 'register-poll failed: 401 Unauthorized — no' };

/** A studio's registration desk: answers what it was told to answer, `pending` otherwise, and keeps what it was asked. */
class Desk implements RegistrationClient {
  readonly requests: (Capabilities & { readonly installId: string; readonly registrationSecretHash: string })[] = [];
  readonly polls: Parameters<RegistrationClient['poll']>[0][] = [];
  readonly bootstraps: string[] = [];
  requestAnswers: RequestResult[] = [];
  pollAnswers: PollResult[] = [];
  bootstrapAnswer: BootstrapResult = { is: 'approved', workerId: toWorkerId('w-boot'), authToken: 'boot-tok' };
  /** While set, calls are heard and never answered. */
  silent = false;

  async request(about: Parameters<RegistrationClient['request']>[0]): Promise<RequestResult> {
    const { installId, registrationSecretHash, capabilities } = about;
    this.requests.push({ installId, registrationSecretHash, ...capabilities });
    if (this.silent) await new Promise(() => {});
    return this.requestAnswers.shift() ?? { is: 'pending', requestId: `rr-${this.requests.length}`, longPoll: false };
  }

  async poll(about: Parameters<RegistrationClient['poll']>[0]): Promise<PollResult> {
    this.polls.push(about);
    if (this.silent) await new Promise(() => {});
    return this.pollAnswers.shift() ?? PENDING;
  }

  async bootstrap(about: Parameters<RegistrationClient['bootstrap']>[0]): Promise<BootstrapResult> {
    this.bootstraps.push(about.token);
    return this.bootstrapAnswer;
  }
}

/** A config file that can be full. */
class Disk {
  record: RegistrationRecord;
  full = false;
  saves = 0;
  constructor(record: RegistrationRecord = {}) {
    this.record = record;
  }
  read(): RegistrationRecord {
    return this.record;
  }
  async save(patch: RegistrationRecord): Promise<void> {
    this.saves++;
    if (this.full) throw new Error('no space left on device');
    this.record = Object.fromEntries(
      Object.entries({ ...this.record, ...patch }).filter(([, value]) => value !== undefined),
    );
  }
}

function setup(record: RegistrationRecord = {}) {
  const clock = new FakeClock();
  const desk = new Desk();
  const disk = new Disk(record);
  const log = recordingLogger();
  const registration = createRegistration({
    client: desk,
    clock,
    random: fakeRandom(),
    sha256,
    store: disk,
    capabilities: () => CAPABILITIES,
    log,
  });
  return {
    clock,
    desk,
    disk,
    log,
    registration,
    begin: async () => {
      registration.start();
      await settle();
    },
    /** Lets the next waiting timer, whatever its jitter, elapse. */
    tick: () => clock.advanceAsync(clock.nextInMs ?? 0),
    [Symbol.asyncDispose]: () => registration.stop(),
  };
}

test('a fresh worker asks at once and remembers id, secret and request', async () => {
  await using at = setup();
  await at.begin();

  expect(at.desk.requests).toHaveLength(1);
  expect(at.disk.record).toEqual({
    installId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    registrationSecret: expect.stringMatching(/^[0-9a-f]{64}$/),
    registrationRequestId: 'rr-1',
  });
  expect(at.registration.status()).toEqual({ at: 'pending', requestId: 'rr-1', since: at.clock.now() });
});

test('only the hash of the secret is sent, over its hex text', async () => {
  await using at = setup();
  await at.begin();

  const secret = at.disk.record.registrationSecret ?? '';
  expect(at.desk.requests[0]?.registrationSecretHash).toBe(sha256(secret).toHex());
});

test('a paused worker still asks to be approved as one that claims', async () => {
  await using at = setup();
  await at.begin();

  expect(at.desk.requests[0]?.autoEnabled).toBe(true);
});

test('a request names the engines and not whether somebody is at the machine', async () => {
  await using at = setup();
  await at.begin();

  expect(at.desk.requests[0]?.modelEngines).toEqual(['synthetic']);
  expect(at.desk.requests[0]).not.toHaveProperty('userPresence');
});

test('the secret is on disk before the studio receives its hash', async () => {
  await using at = setup();
  at.desk.silent = true;
  await at.begin();

  expect(at.disk.record.registrationSecret).toBeString();
  expect(at.desk.requests).toHaveLength(1);
});

test('polls come about every thirty seconds, never two at once', async () => {
  await using at = setup();
  await at.begin();
  for (let poll = 0; poll < 20; poll++) {
    expect(at.clock.nextInMs).toBeWithin(24_000, 36_001);
    expect(at.clock.armed).toBe(1);
    await at.tick();
  }
  expect(at.desk.polls).toHaveLength(20);
});

test('pending since keeps its first moment through every poll', async () => {
  await using at = setup();
  await at.begin();
  const first = at.registration.status();
  await at.tick();
  await at.tick();

  expect(at.registration.status()).toEqual(first);
  expect(at.log.names().filter((name) => name === 'registration.requested')).toHaveLength(1);
});

test('a restart polls the remembered request with its secret at once', async () => {
  await using at = setup({ installId: 'i', registrationRequestId: 'rr-9', registrationSecret: 's3cret' });
  await at.begin();

  expect(at.desk.polls).toEqual([{ requestId: 'rr-9', secret: 's3cret', longPoll: false }]);
  expect(at.desk.requests).toEqual([]);
});

test('a remembered request without its secret is requested again', async () => {
  await using at = setup({ installId: 'i', registrationRequestId: 'rr-9' });
  await at.begin();

  expect(at.desk.polls).toEqual([]);
  expect(at.desk.requests[0]?.installId).toBe('i');
});

test('a worker that is already approved makes no call', async () => {
  await using at = setup({ workerId: 'w-1', authToken: 'tok' });
  await at.begin();

  expect(await at.registration.approved).toEqual({ workerId: toWorkerId('w-1'), authToken: 'tok' });
  expect(at.desk.requests.length + at.desk.polls.length + at.clock.armed).toBe(0);
});

test('a worker id without a token is no approval', async () => {
  await using at = setup({ workerId: 'w-1', authToken: '' });
  await at.begin();

  expect(at.desk.requests).toHaveLength(1);
});

test('approval is saved before anyone learns of it', async () => {
  await using at = setup();
  await at.begin();
  const onDiskWhenHeard: RegistrationRecord[] = [];
  at.registration.onChange((status) => void (status.at === 'approved' && onDiskWhenHeard.push(at.disk.record)));
  at.desk.pollAnswers = [APPROVED];
  await at.tick();

  expect(onDiskWhenHeard).toMatchObject([{ workerId: 'w-1', authToken: 'tok' }]);
  expect(at.disk.record).not.toHaveProperty('registrationSecret');
  expect(at.disk.record.installId).toBeString();
});

test('an approved worker never polls again, which would rotate its token', async () => {
  await using at = setup();
  await at.begin();
  at.desk.pollAnswers = [APPROVED];
  await at.tick();
  await at.clock.advanceAsync(3_600_000);

  expect(at.desk.polls).toHaveLength(1);
  expect(at.clock.armed).toBe(0);
});

test('an approval that cannot be saved stands, is reported and is saved later', async () => {
  await using at = setup();
  await at.begin();
  at.desk.pollAnswers = [APPROVED];
  at.disk.full = true;
  await at.tick();

  expect(at.registration.status()).toEqual({ at: 'approved', workerId: toWorkerId('w-1') });
  expect(at.log.find('registration.unsaved')?.level).toBe('error');
  at.disk.full = false;
  await at.tick();
  expect(at.disk.record).toMatchObject({ workerId: 'w-1', authToken: 'tok' });
  expect(at.desk.polls).toHaveLength(1);
  expect(at.log.names().filter((name) => name === 'registration.approved')).toHaveLength(1);
  expect(at.clock.armed).toBe(0);
});

test('a request the studio forgot is discarded and made again', async () => {
  await using at = setup();
  await at.begin();
  const firstHash = at.desk.requests[0]?.registrationSecretHash;
  at.desk.pollAnswers = [{ is: 'unknown', message: 'register-poll failed: 404 Not Found — ' }];
  await at.tick();

  expect(at.disk.record).toEqual({ installId: expect.any(String) });
  await at.tick();
  expect(at.desk.requests).toHaveLength(2);
  expect(at.desk.requests[1]?.installId).toBe(at.desk.requests[0]?.installId ?? '');
  expect(at.desk.requests[1]?.registrationSecretHash).not.toBe(firstHash ?? '');
});

test('five denials in a row start over, four and a pending do not', async () => {
  await using at = setup();
  await at.begin();
  at.desk.pollAnswers = [DENIED, DENIED, DENIED, DENIED, PENDING, DENIED, DENIED, DENIED, DENIED];
  for (let poll = 0; poll < 9; poll++) await at.tick();
  expect(at.registration.status().at).toBe('pending');

  at.desk.pollAnswers = [DENIED];
  await at.tick();
  expect(at.registration.status().at).toBe('pristine');
  expect(at.log.find('registration.restarted')?.fields).toEqual({ because: DENIED.message });
});

test('a rejection makes no more calls and says what to do', async () => {
  await using at = setup();
  await at.begin();
  at.desk.pollAnswers = [{ is: 'rejected', reason: 'unknown machine' }];
  await at.tick();
  await at.clock.advanceAsync(3_600_000);

  expect(at.registration.status()).toEqual({ at: 'rejected', reason: 'unknown machine' });
  expect(at.desk.polls).toHaveLength(1);
  const said = at.log.find('registration.rejected');
  expect(said?.fields['reason']).toBe('unknown machine');
  expect(said?.fields['remedy']).toContain('studio-worker register --reset');
  expect(at.disk.record).toEqual({ installId: expect.any(String) });
});

test('a reset after a rejection asks again as another installation', async () => {
  await using at = setup();
  await at.begin();
  at.desk.pollAnswers = [{ is: 'rejected', reason: '' }];
  await at.tick();
  at.registration.reset();
  await settle();

  expect(at.desk.requests).toHaveLength(2);
  expect(at.desk.requests[1]?.installId).not.toBe(at.desk.requests[0]?.installId ?? '');
  expect(at.registration.status().at).toBe('pending');
});

test('a reset drops the answer of a call that was under way', async () => {
  await using at = setup();
  at.desk.silent = true;
  await at.begin();
  at.desk.silent = false;
  at.registration.reset();
  await settle();

  expect(at.desk.requests).toHaveLength(2);
  expect(at.clock.armed).toBe(1);
});

test('a reset forgets the credentials of an approved worker', async () => {
  await using at = setup({ installId: 'i', workerId: 'w-1', authToken: 'tok' });
  await at.begin();
  at.registration.reset();
  await settle();

  expect(at.disk.record).not.toHaveProperty('workerId');
  expect(at.disk.record).not.toHaveProperty('authToken');
  expect(at.disk.record.installId).not.toBe('i');
});

test('a failed request is retried at the next tick', async () => {
  await using at = setup();
  at.desk.requestAnswers = [{ is: 'failed', message: 'register-request failed: 500 — boom', status: 500 }];
  await at.begin();

  expect(at.registration.status().at).toBe('pristine');
  expect(at.log.find('registration.failed')?.fields).toEqual({
    error: 'register-request failed: 500 — boom',
    status: 500,
    retryInMs: at.clock.nextInMs,
  });
  await at.tick();
  expect(at.registration.status().at).toBe('pending');
});

test.each([
  [120_000, 120_000, 144_001],
  [0, 1_000, 1_201],
  [86_400_000, 600_000, 720_001],
])('a studio that asks for %d ms gets at least its wait, within bounds', async (askedMs, leastMs, mostMs) => {
  await using at = setup();
  at.desk.requestAnswers = [{ is: 'failed', message: 'busy', status: 429, retryAfterMs: askedMs }];
  await at.begin();

  expect(at.clock.nextInMs).toBeWithin(leastMs, mostMs);
});

test('a call without an end is cut after a minute and retried', async () => {
  await using at = setup();
  at.desk.silent = true;
  await at.begin();
  await at.clock.advanceAsync(60_000);

  expect(at.log.find('registration.failed')?.fields['error']).toBe('no whole answer within 1 min');
  at.desk.silent = false;
  await at.tick();
  expect(at.registration.status().at).toBe('pending');
});

test('a stop in the middle of a call leaves nothing behind', async () => {
  await using at = setup();
  at.desk.silent = true;
  await at.begin();
  await at.registration.stop();

  expect(at.clock.armed).toBe(0);
  expect(at.registration.status()).toEqual({ at: 'stopped' });
  await at.registration.stop();
});

test('a bootstrap token registers in one call, without an operator', async () => {
  await using at = setup();
  const approval = await at.registration.bootstrap('b00t');

  expect(approval.workerId).toBe(toWorkerId('w-boot'));
  expect(at.desk.bootstraps).toEqual(['b00t']);
  expect(at.disk.record).toMatchObject({ workerId: 'w-boot', authToken: 'boot-tok' });
  expect(await at.registration.approved).toEqual(approval);
});

test('a bootstrap ends a wait for the operator', async () => {
  await using at = setup();
  await at.begin();
  await at.registration.bootstrap('b00t');
  await at.clock.advanceAsync(3_600_000);

  expect(at.desk.polls).toEqual([]);
  expect(at.disk.record).not.toHaveProperty('registrationRequestId');
});

test.each([
  ['unauthorized', 'studio.refused'],
  ['failed', 'registration.failed'],
] as const)('a bootstrap that is %s throws %s and changes nothing', async (is, code) => {
  await using at = setup();
  at.desk.bootstrapAnswer = { is, message: 'register failed: 403 Forbidden — ' };

  const thrown: unknown = await at.registration.bootstrap('wrong').catch((error: unknown) => error);

  expect(thrown).toMatchObject({ code });
  expect(at.registration.status().at).toBe('pristine');
  expect(at.disk.saves).toBe(0);
});

test('a bootstrap that cannot be saved is an error for the operator', async () => {
  await using at = setup();
  at.disk.full = true;

  const thrown: unknown = await at.registration.bootstrap('b00t').catch((error: unknown) => error);

  expect(thrown).toMatchObject({ code: 'config.not-saved' });
  expect(at.registration.status().at).toBe('approved');
});

test('no log line holds the secret or the token', async () => {
  await using at = setup();
  await at.begin();
  const secret = at.disk.record.registrationSecret ?? 'missing';
  at.disk.full = true;
  at.desk.pollAnswers = [DENIED, APPROVED];
  await at.tick();
  await at.tick();

  const said = JSON.stringify(at.log.events);
  expect(said).toContain('w-1');
  expect(said).not.toContain(secret);
  expect(said).not.toContain('"tok"');
});

test('a revoked registration is forgotten and requested again exactly once', async () => {
  await using at = setup({ installId: 'i', workerId: 'w-1', authToken: 'tok' });
  await at.begin();
  at.registration.revoke({ workerId: 'w-1', reason: 'server closed 4004: deleted' });
  at.registration.revoke({ workerId: 'w-1', reason: 'the same, late' });
  await settle();

  expect(at.desk.requests).toHaveLength(1);
  expect(at.desk.requests[0]?.installId).not.toBe('i');
  expect(at.disk.record).toEqual({
    installId: at.desk.requests[0]?.installId as string,
    registrationSecret: expect.any(String),
    registrationRequestId: 'rr-1',
  });
  expect(at.log.find('registration.revoked')).toMatchObject({
    level: 'warn',
    fields: { reason: 'server closed 4004: deleted' },
  });
});

test('a studio that revokes each approval is asked no faster than it is polled', async () => {
  await using at = setup({ installId: 'i', workerId: 'w-0', authToken: 'tok' });
  await at.begin();
  for (let round = 0; round < 3; round++) {
    const { workerId } = at.registration.approval() ?? { workerId: '' };
    at.registration.revoke({ workerId, reason: 'again' });
    await settle();
    at.desk.pollAnswers = [{ is: 'approved', workerId: toWorkerId(`w-${round + 1}`), authToken: 'tok' }];
    await at.clock.advanceAsync(23_000);
    expect(at.registration.approval()).toBeUndefined();
    await at.tick();
  }
  expect(at.desk.requests).toHaveLength(3);
});

test('a revocation of a former identity changes nothing', async () => {
  await using at = setup({ installId: 'i', workerId: 'w-2', authToken: 'tok' });
  await at.begin();
  at.registration.revoke({ workerId: 'w-1', reason: 'deleted' });
  await settle();
  expect(at.registration.status()).toMatchObject({ at: 'approved', workerId: 'w-2' });
  expect(at.desk.requests).toEqual([]);
});

test('a reset in the config file reaches a worker that was rejected', async () => {
  await using at = setup();
  await at.begin();
  at.desk.pollAnswers = [{ is: 'rejected', reason: 'no' }];
  await at.tick();
  at.disk.record = {};
  at.registration.reload();
  await settle();

  expect(at.registration.status().at).toBe('pending');
  expect(at.desk.requests).toHaveLength(2);
});

test('credentials that appear in the config file are taken over', async () => {
  await using at = setup();
  await at.begin();
  at.disk.record = { ...at.disk.record, workerId: 'w-7', authToken: 'seven' };
  at.registration.reload();
  await settle();

  expect(await at.registration.approved).toEqual({ workerId: toWorkerId('w-7'), authToken: 'seven' });
  expect(at.clock.armed).toBe(0);
});

test('an edit that changes nothing of ours changes nothing', async () => {
  await using at = setup();
  at.registration.reload();
  await at.begin();
  const before = at.registration.status();
  at.registration.reload();
  await settle();
  expect(at.registration.status()).toEqual(before);
  at.desk.pollAnswers = [APPROVED];
  await at.tick();
  const { saves } = at.disk;
  at.registration.reload();
  await settle();

  expect([at.disk.saves, at.desk.requests.length]).toEqual([saves, 1]);
});

test('watchers receive each change once and can unsubscribe', async () => {
  await using at = setup();
  const heard: string[] = [];
  const leave = at.registration.onChange((status) => void heard.push(status.at));
  await at.begin();
  await at.tick();
  at.desk.pollAnswers = [{ is: 'rejected', reason: '' }];
  await at.tick();
  leave();
  at.registration.reset();
  await settle();

  expect(heard).toEqual(['pending', 'rejected']);
});

test('capabilities that cannot be read are retried later', async () => {
  await using at = setup();
  const broken = createRegistration({
    client: at.desk,
    clock: at.clock,
    random: fakeRandom(),
    sha256,
    store: at.disk,
    log: at.log,
    capabilities: () => Promise.reject(new Error('no GPU today')),
  });
  broken.start();
  await settle();

  expect(at.log.find('registration.failed')?.fields['error']).toBe('no GPU today');
  expect(at.clock.armed).toBe(1);
  await broken.stop();
});
