import { OPERATOR_ROUTES as routes } from '../../../contract/operator/routes.ts';
import { type ModelDraft, ModelDraftSchema } from '../../../contract/operator/views.ts';
import { parseJson, writeJson } from '../../../contract/json.ts';
import { json, OPERATOR_BODY, nothing, readBody, refuse } from '../http.ts';
import type { ModelRow } from '../../storage/tables/models.ts';
import { assertWorkable } from '../objections.ts';
import { audited } from './audit.ts';
import { type OperatorRoutes, existing, param } from './context.ts';
import { isoOf } from '../../../contract/operator/timestamp.ts';

/** Models that jobs may name instead of sending their own source. */
export const modelRoutes: OperatorRoutes = (context) => [...listRoutes(context), ...oneModelRoutes(context)];

const listRoutes: OperatorRoutes = (context) => {
  const { studio, clock, objectionTo } = context;
  const { models } = studio.store;
  return [
    { ...routes.models, handle: async () => json({ models: (await models.list()).map(viewOf) }) },
    {
      ...routes.addModel,
      handle: async (exchange) => {
        const draft = await readBody(exchange.request, ModelDraftSchema, OPERATOR_BODY);
        await assertWorkable({ model: draft.id, source: draft.source }, objectionTo);
        const row = rowOf(draft, clock.now());
        const store = audited(context, exchange, { action: 'model.added', subject: row.id });
        if (!(await store.models.add(row)))
          throw refuse('conflict', `there is a model ${JSON.stringify(row.id)} already`);
        return json(viewOf(row), 201);
      },
    },
  ];
};

const oneModelRoutes: OperatorRoutes = (context) => {
  const { studio, clock, objectionTo } = context;
  const { models } = studio.store;
  return [
    {
      ...routes.model,
      handle: async (exchange) => {
        const id = param(exchange, 'id');
        return json(viewOf(existing(await models.get(id), 'model', id)));
      },
    },
    {
      ...routes.replaceModel,
      handle: async (exchange) => {
        const id = param(exchange, 'id');
        const draft = await readBody(exchange.request, ModelDraftSchema, OPERATOR_BODY);
        if (draft.id !== id) throw refuse('invalid', 'the id of a model cannot be changed');
        await assertWorkable({ model: draft.id, source: draft.source }, objectionTo);
        const before = existing(await models.get(id), 'model', id);
        const row = { ...rowOf(draft, clock.now()), createdAt: before.createdAt };
        const store = audited(context, exchange, { action: 'model.replaced', subject: id });
        existing((await store.models.replace(row)) || undefined, 'model', id);
        return json(viewOf(row));
      },
    },
    {
      ...routes.removeModel,
      handle: async (exchange) => {
        const id = param(exchange, 'id');
        const store = audited(context, exchange, { action: 'model.removed', subject: id });
        existing((await store.models.remove(id)) || undefined, 'model', id); // queued jobs carry their own copy
        return nothing();
      },
    },
  ];
};

const rowOf = (draft: ModelDraft, now: number): ModelRow => ({
  id: draft.id,
  kind: draft.kind,
  displayName: draft.displayName,
  vramGb: draft.vramGbEstimate,
  source: writeJson(draft.source),
  createdAt: now,
  updatedAt: now,
});

const viewOf = (row: ModelRow) => ({
  id: row.id,
  kind: row.kind,
  displayName: row.displayName,
  vramGbEstimate: row.vramGb,
  source: parseJson(row.source),
  createdAt: isoOf(row.createdAt),
  updatedAt: isoOf(row.updatedAt),
});
