const lines = document.querySelector('#lines');
const form = document.querySelector('form');
let socket;

/** Enters the room that the address names: index.html#kitchen */
function enter() {
  socket?.close();
  lines.replaceChildren();
  const room = location.hash.slice(1) || 'lobby';
  const place = new URL(room, location.href.replace(/^http/, 'ws'));
  place.hash = '';
  socket = new WebSocket(place);
  socket.addEventListener('message', ({ data }) => {
    const { name, text } = JSON.parse(data);
    const line = document.createElement('li');
    line.textContent = `${name}: ${text}`;
    lines.append(line);
  });
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  socket.send(JSON.stringify(Object.fromEntries(new FormData(form))));
  form.elements.text.value = '';
});
addEventListener('hashchange', enter);
enter();
