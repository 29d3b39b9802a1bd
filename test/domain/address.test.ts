import { expect, test } from 'vitest';
import { addressNotes } from '../../domain/address.ts';
import { mailAddress } from '../../domain/form-mail.ts';

const notes = (typed: string) => addressNotes(mailAddress(typed));

test('T09: the mailbox of an office is told from that of a person', () => {
  for (const shared of ['info@nordlys.example', 'Kontor@nordlys.example', 'support+sag@nordlys.example'])
    expect(notes(shared)).toEqual({ shared: true });
  for (const own of ['information.jensen@nordlys.example', 'mette@info.example', 'postma@nordlys.example'])
    expect(notes(own)).toEqual({ shared: false });
});

test('T03: a domain with letters that look like Latin ones is shown as it reads, one with Danish letters is not', () => {
  expect(notes('jens@p\u043Estkasse.example')).toEqual({ shared: false, looksLike: 'p\u043Estkasse.example' });
  expect(notes('jens@\u0430\u0440\u0440\u04CF\u0435.example')).toMatchObject({ looksLike: expect.any(String) });
  for (const plain of ['jens@søren.example', 'jens@postkasse.example', 'jens@123.example', 'jens@blåbærgrød.example'])
    expect(notes(plain)).toEqual({ shared: false });
});
