import COpenSSL

/// A socket that listens already: it was opened by the service manager, or by the process before this one.
package struct ListeningSocket: Sendable {
    /// What it is bound to.
    package enum Name: Sendable, Equatable {
        /// 4 or 16 bytes in network order.
        case ip(address: [UInt8], port: Int)
        case unix(path: String)
    }

    package let descriptor: Int32
    package let name: Name

    /// Nil for what is no stream socket that listens on IP or on a path. No program that is started
    /// from now on inherits it.
    package init?(_ descriptor: Int32) {
        var kind: Int32 = 0
        var port: Int32 = 0
        let bytes = unsafe [UInt8](filling: 128) { room in
            var count = 0
            kind = unsafe ocmgate_listening_socket(descriptor, room, 128, &count, &port)
            return kind == 0 ? 0 : count
        }
        switch kind {
        case 4, 6: name = .ip(address: bytes, port: Int(port))
        case 1: name = .unix(path: String(decoding: bytes, as: UTF8.self))
        default: return nil
        }
        self.descriptor = descriptor
    }
}

/// Words to the service manager (`sd_notify(3)`).
package enum ServiceNotice {
    /// Sends them to the socket of that name; false when nobody takes them.
    @discardableResult
    package static func send(_ text: String, to socket: String) -> Bool {
        unsafe ocmgate_notify(socket, text, text.utf8.count) == 0
    }
}
