import { command } from '../../../command.ts';

/** Groups the commands about webhooks. */
export const webhooks = command({
  summary: 'Tell other programs how jobs ended, by signed requests',
  examples: ['studio-worker studio webhooks add https://ci.example/renders'],
  args: {},
  subCommands: {
    add: async () => (await import('./add.ts')).webhooksAdd,
    list: async () => (await import('./list.ts')).webhooksList,
    rm: async () => (await import('./rm.ts')).webhooksRm,
    enable: async () => (await import('./enable.ts')).webhooksEnable,
    test: async () => (await import('./test.ts')).webhooksTest,
    deliveries: async () => (await import('./deliveries.ts')).webhooksDeliveries,
    retry: async () => (await import('./retry.ts')).webhooksRetry,
    secret: async () => (await import('./secret.ts')).webhooksSecret,
  },
});
