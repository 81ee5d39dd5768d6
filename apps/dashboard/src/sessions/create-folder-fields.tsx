import { useQuery } from '@tanstack/react-query';
import { useBerth } from '../app/berth-context.js';
import { Button } from '../ui/button.js';
import type { RadioCard } from '../ui/radio-cards.js';
import { RadioCards } from '../ui/radio-cards.js';
import { TextField } from '../ui/text-field.js';
import type { SessionDraft } from './session-draft.js';

/** Folders on the host that sessions may be started in; none until they are known. */
export function useWorkspaceRoots(): readonly string[] {
  const { api } = useBerth();
  const { data } = useQuery({ queryKey: ['workspace-roots'], queryFn: () => api.call('listWorkspaceRoots') });
  return data?.items.map(({ path }) => path) ?? [];
}

const FOLDERS: readonly RadioCard<SessionDraft['folder']>[] = [
  { id: 'own', label: 'A new folder', description: 'Empty, of this session alone' },
  { id: 'path', label: 'A folder on the host', description: 'A checkout that exists' },
];

export interface FolderFieldsProps {
  draft: SessionDraft;
  onChange: (part: Partial<SessionDraft>) => void;
  roots: readonly string[];
  error: string | undefined;
}

/** Where the program works. Without allowed folders there is nothing to choose. */
export function FolderFields({ draft, onChange, roots, error }: FolderFieldsProps) {
  if (roots.length === 0)
    return (
      <p className="field-hint">
        It works in a new folder of its own. Who runs Berth can allow folders of the host by <code>BERTH_WORKSPACE_ROOTS</code>.
      </p>
    );
  return (
    <>
      <RadioCards
        label="Folder"
        columns
        choices={FOLDERS}
        value={draft.folder}
        onChange={(folder) => onChange({ folder, path: draft.path === '' ? (roots[0] ?? '') : draft.path })}
      />
      {draft.folder === 'path' && (
        <TextField
          label="Path"
          code
          value={draft.path}
          onChange={(path) => onChange({ path })}
          isRequired
          error={error}
          description={roots.length === 1 ? `${roots[0]}, or a folder below it.` : 'One of these, or a folder below it:'}
        />
      )}
      {draft.folder === 'path' && roots.length > 1 && (
        <div className="root-choices">
          {roots.map((root) => (
            <Button key={root} small onPress={() => onChange({ path: root })}>
              {root}
            </Button>
          ))}
        </div>
      )}
    </>
  );
}
