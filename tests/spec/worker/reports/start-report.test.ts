import { expect, test } from 'bun:test';
import { readConfig } from '../../../../src/config/read.ts';
import { reportStart } from '../../../../src/worker/reports/start-report.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';

const started = (file: string) => {
  const log = recordingLogger();
  reportStart(
    { path: '/c.toml', current: readConfig(file, '/c.toml', { homeDir: '/home/ada', tempDir: '/tmp' }) },
    log,
  );
  return log.find('worker.started')?.fields;
};

test.each([
  ['', 'not registered yet'],
  ['registration_request_id = "rr-1"\n', 'waiting for approval (request rr-1)'],
  ['worker_id = "w-1"\n', 'not registered yet'],
  ['worker_id = "w-1"\nauth_token = "t-secret"\n', 'approved as w-1'],
])('a start with %j is reported as %s', (file, registration) => {
  expect(started(file)).toMatchObject({ configPath: '/c.toml', registration });
});

test('a start is reported without the password in the studio’s URL', () => {
  const fields = started('api_base_url = "https://ada:hunter2@studio.example.com/x"\nauto_enabled = true\n');
  expect(fields).toMatchObject({ claiming: 'on' });
  expect(JSON.stringify(fields)).not.toContain('hunter2');
});
