import type { PlaceName } from '../../../local-api/contract/installation.ts';
import type { LiveStatus } from '../../../local-api/contract/status.ts';
import { Button } from '../../kit/button.tsx';
import { CopyText } from '../../kit/copy.tsx';
import { Facts, Panel } from '../../kit/panel.tsx';
import { ABOUT } from '../../words/about.ts';
import { usePage } from '../page-context.ts';

/** Where the files are, and the way to them. */
export const PlacesPanel = ({ status }: { readonly status: LiveStatus }) => (
  <Panel
    title={ABOUT.places}
    aside={
      <>
        <OpenButton place="config" word={ABOUT.openConfig} />
        <OpenButton place="models" word={ABOUT.openModels} />
      </>
    }
  >
    <div class="panel__body">
      <Facts
        look="copy"
        facts={[
          {
            term: ABOUT.config,
            value: <CopyText text={status.configPath} what={ABOUT.config} label={ABOUT.copyConfig} />,
          },
          { term: ABOUT.api, value: <CopyText text={status.localApiUrl} what={ABOUT.api} label={ABOUT.copyApi} /> },
        ]}
      />
    </div>
  </Panel>
);

function OpenButton({ place, word }: { readonly place: PlaceName; readonly word: string }) {
  const { actions } = usePage();
  return (
    <Button small icon="folder" title={ABOUT.openTitle} onPress={() => actions.openPlace(place)}>
      {word}
    </Button>
  );
}
