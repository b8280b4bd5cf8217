const lines = document.querySelector('#lines');
const form = document.querySelector('form');
const button = form.querySelector('button');
let socket;

/** Enters the room that the address names: index.html#kitchen */
function enter() {
  lines.replaceChildren();
  connect();
}

function connect() {
  button.disabled = true;
  socket?.close();
  const room = location.hash.slice(1) || 'lobby';
  const place = new URL(room, location.href.replace(/^http/, 'ws'));
  place.hash = '';
  const opened = new WebSocket(place);
  socket = opened;
  opened.addEventListener('open', () => {
    button.disabled = opened !== socket;
  });
  opened.addEventListener('message', ({ data }) => {
    const { name, text } = JSON.parse(data);
    const line = document.createElement('li');
    line.textContent = `${name}: ${text}`;
    lines.append(line);
  });
  opened.addEventListener('close', () => {
    if (opened !== socket) return; // another room was entered
    button.disabled = true;
    setTimeout(() => {
      if (opened === socket) connect();
    }, 1000);
  });
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  socket.send(JSON.stringify(Object.fromEntries(new FormData(form))));
  form.elements.text.value = '';
});
addEventListener('hashchange', enter);
enter();
