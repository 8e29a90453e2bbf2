import { expect, test } from 'vitest'
import { isLocation } from '../../../src/ocpp/v16/location.ts'

test.each([
  'ftp://files.example.com',
  'ftp://user:p%40ss@files.example.com:2121/up/',
  'FTPS://user@files.example.com/up',
  'sftp://[2001:db8::1]:22/up',
  'https://files.example.com/fw.bin?sig=abc&se=2026-03-01',
  'http://192.0.2.1/../up',
  'file:///etc/passwd',
  `https://h/${'x'.repeat(2038)}`,
])('%s is one', (text) => {
  expect(isLocation(text)).toBe(true)
})

test.each([
  '',
  '/up',
  'files.example.com/up',
  '//files.example.com/up',
  'mailto:someone@example.com',
  'https:/host/up',
  'https://',
  'https://host:99999/',
  'https://ho st/',
  'https://host/\r\nX: y',
  ' https://host/',
  'https://hôte/',
  `https://h/${'x'.repeat(2039)}`,
])('%j is none', (text) => {
  expect(isLocation(text)).toBe(false)
})
