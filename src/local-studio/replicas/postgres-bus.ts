import { errorChain } from '../../base/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { Postgres } from '../../system/database/postgres.ts';
import type { StudioBus } from './bus.ts';
import { messageText, newsIn } from './messages.ts';

const CHANNEL = 'studio_worker';

/** News by LISTEN and NOTIFY. After a lost connection all that may have been missed is looked for again. */
export const createPostgresBus = (sql: Postgres, self: string, log: Logger): StudioBus => ({
  isShared: true,
  publish: (news) => {
    sql.notify(CHANNEL, messageText(self, news)).catch((thrown: unknown) => {
      log.warn('studio.news-lost', { is: news.is, error: errorChain(thrown) });
    });
  },
  subscribe: (listener) =>
    sql.listen(
      CHANNEL,
      (payload) => {
        const news = newsIn(payload, self);
        if (news !== undefined) listener(news);
      },
      () => listener({ is: 'queued' }),
    ),
});
