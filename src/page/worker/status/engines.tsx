import { useEffect } from 'preact/hooks';
import type { ApiEngine } from '../../../local-api/contract/engines.ts';
import { Badge } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { Panel } from '../../kit/panel.tsx';
import { STATUS } from '../../words/status.ts';
import { usePage } from '../page-context.ts';
import { engineLook, enginesSummary } from './engine-look.ts';

/** Which engines can take work, on what, and what helps where one cannot. Nothing until the worker has told. */
export function EnginesPanel() {
  const { model, actions } = usePage();
  useEffect(() => void actions.readEngines(), [actions]);
  const engines = model.engines.value;
  if (engines === undefined) return null;
  return (
    <Panel
      title={STATUS.engines.title}
      aside={
        <>
          <span class="note">{enginesSummary(engines)}</span>
          <Button look="quiet" small icon="retry" onPress={actions.readEngines}>
            {STATUS.engines.checkAgain}
          </Button>
        </>
      }
    >
      <ul class="rows">
        {engines.map((engine) => (
          <EngineRow key={engine.engine} engine={engine} />
        ))}
      </ul>
    </Panel>
  );
}

function EngineRow({ engine }: { readonly engine: ApiEngine }) {
  const { tone, icon, word, does, lack } = engineLook(engine);
  return (
    <li class="row engine">
      <span class="mono medium">{engine.engine}</span>
      <span class="t2">{does}</span>
      <span class="t2">{engine.runsOn}</span>
      <span>
        <Badge plain tone={tone} icon={icon}>
          {word}
        </Badge>
      </span>
      {lack !== undefined && (
        <div class="engine__more stack stack--tight">
          <p class="t2 sm">{lack.because}</p>
          {lack.hint !== undefined && <p class="t2 sm">{lack.hint}</p>}
        </div>
      )}
    </li>
  );
}
