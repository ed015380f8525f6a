import { expect, test } from 'bun:test';
import { setup } from './a-world.ts';

test('a checkout, which carries no list of licences, says where to get it', async () => {
  await using cli = await setup();
  expect(await cli.run('licences')).toBe(69);
  expect(cli.out()).toBe('');
  expect(cli.err()).toContain('Run `npx --yes bun@1.4.5 run build`, then `dist/studio-worker licences`.');
});
