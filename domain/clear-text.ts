import type { Finding, Path, YamlSource } from './yaml-source.ts';

const secretName =
  /pass(word|wd|phrase|code)|^pwd$|secret|(^|[_-])token$|^(access|auth|refresh|api)token$|api[-_]?key|private[-_]?key|access[-_]?key|credential/i;

/** How secrets of well-known makers begin, and what holds one: a login in an address, a header, a JWT, a private key. */
const secretValue =
  /[a-z][a-z0-9+.-]*:\/\/[^\s/@:{]+:[^\s/@]+@|-----BEGIN [A-Z ]*PRIVATE KEY|\b(AKIA|ASIA)[A-Z0-9]{16}\b|\b(sk|rk)_(live|test)_\w{8}|\bgh[pousr]_\w{20}|\bxox[abprs]-\w{8}|^(bearer|basic) +[\w.~+/=-]{8,}$|\beyJ[\w-]{8,}\.eyJ|\bpassword\s*=\s*[^\s;]+/i;

// A mapping of names (`fields`) and a placeholder ({value}) hold no secret.
const isPlaceholder = (text: string): boolean => text === '' || /^\{[^}]*\}$/.test(text);

const isSecret = (path: Path, text: string): boolean => {
  if (secretValue.test(text)) return true;
  // What names the secret is no secret.
  if (path.at(-1) === 'secret' && path.at(-2) === 'connector') return false;
  return secretName.test(String(path.at(-1))) && !path.includes('fields') && !isPlaceholder(text);
};

const privateHost =
  /^(localhost|.*\.(localhost|local|internal|lan|home\.arpa)|0\..*|10\..*|127\..*|169\.254\..*|192\.168\..*|192\.0\.0\..*|172\.(1[6-9]|2\d|3[01])\..*|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\..*|198\.1[89]\..*|(22[4-9]|2[3-5]\d)\..*|\[(::.*|f[cd].*|fe[89ab].*|ff.*)\])$/;

const addressProblem = (text: string): { rule: string; message: string } | undefined => {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return undefined;
  if (!URL.canParse(text)) return { rule: 'invalid-value', message: 'this is not an address: write https://host/path' };
  const { protocol, hostname } = new URL(text);
  if (protocol !== 'https:')
    return { rule: 'insecure-address', message: `${protocol}// can be read on the way: write https://` };
  if (!privateHost.test(hostname.replace(/\.$/, ''))) return undefined;
  return { rule: 'private-address', message: 'this address is not on the internet: write the public host name' };
};

interface Leaf {
  readonly path: Path;
  readonly text: string;
}

const leaves = (value: unknown, path: Path): Leaf[] => {
  if (typeof value === 'string' || typeof value === 'number') return [{ path, text: String(value) }];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, held]) => leaves(held, [...path, name]));
};

/** Secrets that stand in options in clear text. The finding never repeats them. */
export const secretFindings = (options: unknown, path: Path, { at }: YamlSource): Finding[] =>
  leaves(options, path)
    .filter((leaf) => isSecret(leaf.path, leaf.text))
    .map((leaf) =>
      at(
        leaf.path,
        'secret',
        'a secret must not stand here: put it into Secrets Manager and name it as connector.secret',
      ),
    );

/** Addresses in options of HTTP connectors that are not https, or not public. */
export const addressFindings = (options: unknown, path: Path, { at }: YamlSource): Finding[] =>
  leaves(options, path).flatMap((leaf) => {
    const problem = addressProblem(leaf.text);
    return problem ? [at(leaf.path, problem.rule, problem.message)] : [];
  });
