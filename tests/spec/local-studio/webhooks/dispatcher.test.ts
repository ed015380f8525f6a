import { expect, test } from 'bun:test';
import { createSqlStore } from '../../../../src/local-studio/storage/sql/sql-store.ts';
import { migrateSqlite } from '../../../../src/local-studio/storage/sql/sqlite-schema.ts';
import { createStudioTallies } from '../../../../src/local-studio/metrics/studio-tallies.ts';
import { startDispatcher } from '../../../../src/local-studio/webhooks/dispatcher.ts';
import { openSqlite } from '../../../../src/system/database/sqlite.ts';
import { aJob } from '../../../contract/store/stored-jobs.ts';
import { waitFor } from '../../../flow/wait-for.ts';
import { hookReceiver } from '../../../fakes/studio/hook-receiver.ts';
import { studioEffects } from '../../../fakes/studio/studio-effects.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';

test.each([
  [`'no JSON'`, 'damaged: not JSON'],
  [`json_set(facts, '$.finishedAt', 'yesterday')`, 'damaged: finishedAt'],
])('an event kept as %p is not sent, and listed with what is wrong', async (facts, problem) => {
  const sql = openSqlite(':memory:');
  await migrateSqlite(sql);
  const { jobs, webhooks } = createSqlStore(sql);
  using receiver = hookReceiver();
  const log = recordingLogger();
  await jobs.add(aJob('done', { webhook: receiver.url }));
  await jobs.cancel('done', 5);
  await sql.query(`UPDATE webhook_deliveries SET facts = ${facts}`);
  const { clock, random, hmacSha256: hmac, openGuardedPost } = studioEffects;
  const url = 'http://127.0.0.1:1';
  const dispatcher = startDispatcher({
    webhooks,
    clock,
    random,
    log,
    hmac,
    tallies: createStudioTallies(),
    poster: openGuardedPost(true),
    url,
  });
  await waitFor(
    'the damage',
    () => log.find('webhook.retried') !== undefined,
    () => log.names().join(),
  );
  dispatcher.stop();
  expect(await webhooks.delivery('done-5-own')).toMatchObject({
    state: 'pending',
    attempts: 1,
    lastError: expect.stringContaining(problem),
  });
  expect(receiver.requests).toEqual([]);
  await sql.close();
});
