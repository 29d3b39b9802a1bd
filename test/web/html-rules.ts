import { HtmlValidate } from 'html-validate';

/** What every page of ours is held to. */
export const rules = new HtmlValidate({
  extends: ['html-validate:recommended', 'html-validate:document', 'html-validate:a11y'],
  root: true,
  rules: {
    // The renderer writes attr="" for a boolean attribute and closes void elements: both are HTML.
    'attribute-boolean-style': ['error', { style: 'empty' }],
    'attribute-empty-style': 'off',
    'void-style': 'off',
    'form-dup-name': ['error', { shared: ['radio', 'checkbox', 'submit', 'button', 'reset'] }],
    'doctype-style': ['error', { style: 'lowercase' }],
    'no-trailing-whitespace': 'off',
    'long-title': 'off',
    'require-sri': 'off',
  },
});
