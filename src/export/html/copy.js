// Copies the code of a block. A part of the exported page and of the audience's page: both have the list
// `codes` and the element `status`.
async function copy(button) {
  const text = codes[Number(button.dataset.code)];
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Browsers may deny the clipboard to files and to pages that are not encrypted.
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  button.textContent = 'Copied';
  status.textContent = 'Copied';
  setTimeout(() => { button.textContent = 'Copy'; }, 1500);
}
