"""Where the node is, and whom the token is shown to."""

import json
import os
import tempfile
import unittest
from unittest import mock

import dataforge
from dataforge import _discovery as discovery

from .fake import TOKEN, data_directory, write_private

POSIX = hasattr(os, "geteuid")


class Directories(unittest.TestCase):
    def test_each_system_has_its_place(self):
        def found(platform, environment):
            return discovery.data_directory(None, environment, platform, lambda: "/home/ada")

        self.assertEqual(found("linux", {}), "/home/ada/.local/share/dataforge")
        self.assertEqual(found("linux", {"XDG_DATA_HOME": "/data"}), "/data/dataforge")
        self.assertEqual(found("linux", {"XDG_DATA_HOME": "data"}), "/home/ada/.local/share/dataforge")
        self.assertEqual(found("darwin", {}), "/home/ada/Library/Application Support/dataforge")
        self.assertEqual(found("win32", {}), os.path.join("/home/ada", "AppData", "Local", "dataforge"))
        self.assertEqual(found("linux", {"DATAFORGE_DIR": "/rig"}), "/rig")
        self.assertEqual(discovery.data_directory("/given", {"DATAFORGE_DIR": "/rig"}), "/given")
        with self.assertRaises(dataforge.Error):
            discovery.data_directory(None, {}, "linux", lambda: "~")


class Addresses(unittest.TestCase):
    def test_only_this_machine_is_shown_the_token(self):
        self.assertEqual(discovery.loopback("127.0.0.1:7413").host, "127.0.0.1:7413")
        self.assertEqual(discovery.loopback("[::1]:9").host, "[::1]:9")
        self.assertEqual(discovery.loopback("localhost:9").host, "127.0.0.1:9")
        self.assertEqual(discovery.loopback("127.8.8.8:1").ip, "127.8.8.8")
        for far in ["10.0.0.1:7413", "0.0.0.0:1", "example.org:80", "localhost.example.org:80", "[::]:1"]:
            with self.assertRaises(dataforge.Error) as caught:
                discovery.loopback(far)
            self.assertEqual(caught.exception.kind, "not_allowed", far)
        for wrong in ["", "7413", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "a@127.0.0.1:9", "127.0.0.1:9/x"]:
            with self.assertRaises(dataforge.Error, msg=wrong):
                discovery.loopback(wrong)

    def test_only_plain_http_is_spoken(self):
        self.assertEqual(discovery.address_of_url("http://localhost:7413/").port, 7413)
        for wrong in ["https://127.0.0.1:7413", "file:///etc/passwd", "http://127.0.0.1:7413/v1", "127.0.0.1:7413"]:
            with self.assertRaises(dataforge.Error, msg=wrong):
                discovery.address_of_url(wrong)


class Tokens(unittest.TestCase):
    def setUp(self):
        self._directory = tempfile.TemporaryDirectory()
        self.addCleanup(self._directory.cleanup)
        self.path = os.path.join(self._directory.name, "faces.token")

    def read(self):
        return discovery.read_token(self._directory.name)

    def refusal(self):
        with self.assertRaises(dataforge.Error) as caught:
            self.read()
        return caught.exception

    def test_a_token_of_this_user_alone_is_read(self):
        self.assertEqual(self.refusal().kind, "not_found")
        write_private(self.path, TOKEN + "\n")
        self.assertEqual(self.read(), TOKEN)

    @unittest.skipUnless(POSIX, "modes are of POSIX")
    def test_one_that_others_can_read_or_write_is_refused(self):
        for mode in [0o640, 0o604, 0o620, 0o602, 0o601]:
            write_private(self.path, TOKEN, mode)
            self.assertEqual(self.refusal().kind, "not_allowed", oct(mode))
        write_private(self.path, TOKEN, 0o400)
        self.assertEqual(self.read(), TOKEN)

    @unittest.skipUnless(POSIX, "owners are of POSIX")
    def test_one_of_another_user_is_refused(self):
        write_private(self.path, TOKEN)
        with mock.patch("os.geteuid", return_value=os.geteuid() + 1):
            self.assertIn("another user", self.refusal().message)

    @unittest.skipUnless(POSIX, "links are of POSIX")
    def test_a_link_and_a_pipe_are_refused(self):
        other = os.path.join(self._directory.name, "other")
        write_private(other, TOKEN)
        os.symlink(other, self.path)
        self.refusal()
        os.unlink(self.path)
        os.mkfifo(self.path, 0o600)
        self.assertIn("no plain file", self.refusal().message)

    def test_what_is_no_token_is_refused(self):
        for text in ["", "short", TOKEN[:-1] + "\r", TOKEN + "0", "g" * 64, TOKEN * 100, "é" * 64]:
            with open(self.path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(self.path, 0o600)
            self.assertEqual(self.refusal().kind, "input", text[:10])


class Places(unittest.TestCase):
    def refusal(self, directory):
        with self.assertRaises(dataforge.Error) as caught:
            discovery.find_address(directory)
        return caught.exception

    def test_the_address_is_that_of_the_node_that_runs(self):
        with data_directory(7413) as directory:
            self.assertEqual(discovery.find_address(directory), ("127.0.0.1", 7413))

    @unittest.skipUnless(discovery.fcntl, "locks are of POSIX")
    def test_the_address_of_a_node_that_is_gone_is_not_believed(self):
        with data_directory(7413, runs=False) as directory:
            self.assertIn("no node is running", self.refusal(directory).message)
            os.unlink(os.path.join(directory, "lock"))
            self.assertIn("no node is running", self.refusal(directory).message)

    def test_what_does_not_say_where_is_refused(self):
        self.assertEqual(self.refusal("/no/such/directory").kind, "not_found")
        with data_directory(7413) as directory:
            path = os.path.join(directory, "faces.json")
            for text in ["{}", "[]", json.dumps({"flight": "127.0.0.1:1"}), json.dumps({"http": 7413})]:
                write_private(path, text)
                self.assertIn("does not give HTTP", self.refusal(directory).message, text)
            write_private(path, "{")
            self.assertEqual(self.refusal(directory).kind, "input")
            write_private(path, json.dumps({"http": "10.0.0.1:7413"}))
            self.assertEqual(self.refusal(directory).kind, "not_allowed")
            os.unlink(path)
            self.assertIn("faces.http", self.refusal(directory).hint)

    @unittest.skipUnless(POSIX, "modes are of POSIX")
    def test_an_address_that_others_could_have_written_is_not_believed(self):
        with data_directory(7413) as directory:
            os.chmod(os.path.join(directory, "faces.json"), 0o666)
            self.assertEqual(self.refusal(directory).kind, "not_allowed")


if __name__ == "__main__":
    unittest.main()
