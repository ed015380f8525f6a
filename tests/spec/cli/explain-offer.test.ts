import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explain, type ExplainChoice } from '../../../src/worker/explain.ts';
import { anOffer } from '../../fakes/builders.ts';
import { FIT } from '../../fakes/offer-facts.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { setup as setupCli } from './a-world.ts';
import { READY } from '../../../src/engines/readiness.ts';

/** The command line on an offer in a file, in a world where claiming is on or off. */
async function setup(about: { claimingOff?: boolean } = {}) {
  const asked: ExplainChoice[] = [];
  const cli = await setupCli({
    world: {
      explainOffer: async (choice) => {
        asked.push(choice);
        const offer = anOffer();
        const facts = { ...FIT, claimingOff: about.claimingOff ?? false, live: undefined };
        const engines = [new ScriptedEngine()];
        const moment = { facts, thresholdGb: 12, engines, readiness: READY, refusedUrl: undefined } as const;
        return { offer, ...explain(offer, moment) };
      },
    },
  });
  const path = join(cli.folder, 'offer.json');
  await writeFile(path, '{"jobId":"job-1"}');
  return { ...cli, asked, path };
}

test('explain-offer prints each rule with its inputs and ends with the verdict', async () => {
  await using cli = await setup();
  expect(await cli.run('explain-offer', cli.path)).toBe(0);
  expect(cli.out()).toMatch(/^rule +outcome +inputs +because\n/);
  expect(cli.out()).toMatch(/^claiming +passes +auto_enabled=true$/m);
  expect(cli.out()).toMatch(/^busy +unknown +no worker runs with this config$/m);
  expect(cli.out()).toEndWith('\n\njob job-1 (llm by synthetic) would be taken\n');
});

test('an offer that would be rejected shows why and exits with another code', async () => {
  await using cli = await setup({ claimingOff: true });
  expect(await cli.run('explain-offer', cli.path)).toBe(1);
  expect(cli.out()).toEndWith('would be rejected: claiming is off\n');
});

test('the offer is explained with the config that is named', async () => {
  await using cli = await setup();
  await cli.run('explain-offer', cli.path, '--config', '/etc/w.toml');
  expect(cli.asked).toEqual([{ text: '{"jobId":"job-1"}', configPath: '/etc/w.toml' }]);
});

test('programs get the offer, every rule and the verdict as JSON', async () => {
  await using cli = await setup({ claimingOff: true });
  expect(await cli.run('explain-offer', cli.path, '--json')).toBe(1);
  const facts = JSON.parse(cli.out());
  expect(facts).toMatchObject({ jobId: 'job-1', kind: 'llm', engine: 'synthetic', verdict: 'rejected' });
  expect(facts.rules[0]).toEqual({
    rule: 'claiming',
    outcome: 'rejects',
    inputs: { auto_enabled: false },
    because: 'claiming is off',
  });
});

test('a file that is not there is named', async () => {
  await using cli = await setup();
  expect(await cli.run('explain-offer', '/nowhere/offer.json')).toBe(64);
  expect(cli.err()).toContain('explain-offer: /nowhere/offer.json does not exist');
});
