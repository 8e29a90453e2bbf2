"""pyftpdlib as an operator's FTP server, without TLS: ftp-server.py FOLDER PORT"""

import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

folder, port = sys.argv[1], int(sys.argv[2])
authorizer = DummyAuthorizer()
authorizer.add_user("operator", "p@ss/w:rd", folder, perm="elradfmw")
authorizer.add_anonymous(folder, perm="elr")

FTPHandler.authorizer = authorizer
FTPHandler.auth_failed_timeout = 0
# What a server behind a wrongly set NAT says; nobody may go there.
FTPHandler.masquerade_address = "192.0.2.9"
FTPServer(("127.0.0.1", port), FTPHandler).serve_forever()
