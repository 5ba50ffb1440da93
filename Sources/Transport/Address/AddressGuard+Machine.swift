import NIOCore

extension AddressGuard {
    /// The addresses that the interfaces of this machine have now; none when it does not tell.
    package static func ownAddresses() -> [IPAddress] {
        let devices = (try? System.enumerateDevices()) ?? []
        return devices.compactMap { device in
            device.address?.ipAddress.flatMap { IPAddress($0)?.unmapped }
        }
    }
}
