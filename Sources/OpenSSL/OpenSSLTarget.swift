/// Everything of OpenSSL that the program uses, as Swift values.
enum OpenSSLTarget {}
