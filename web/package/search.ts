/**
 * Shows the search field and hides what does not hold every word typed. The page's only script, and only a help: the policy of the page
 * names its hash, so that nothing else runs, and without it the whole page is there.
 */
export const searchScript = `(() => {
const box = document.getElementById('search');
if (!box) return;
const field = box.querySelector('input');
const told = box.querySelector('[role=status]');
const all = [...document.querySelectorAll('[data-find]')].map((part) => [part, (part.dataset.find + ' ' + part.textContent).toLowerCase()]);
box.hidden = false;
field.addEventListener('input', () => {
const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
let found = 0;
for (const [part, text] of all) {
const hit = words.every((word) => text.includes(word));
part.hidden = !hit;
found += hit ? 1 : 0;
}
told.textContent = words.length ? told.dataset.text.replace('#', found) : '';
});
})();`;
