# Reads and writes property lists with the gem that is named: an array of requests on stdin, of answers on stdout.
# tests/plist/test_plist_peers.py asks, and has the form of the values.
require "json"
require "stringio"
require "time"

EPOCH = Time.utc(2001, 1, 1)
UNUSUAL = { "inf" => Float::INFINITY, "-inf" => -Float::INFINITY, "nan" => Float::NAN }.freeze

# What the gem "plist" needs and does not load by itself.
module WithPlist
  def self.load
    require "cgi"
    require "plist"
  end

  def self.read(data) = Plist.parse_xml(StringIO.new(data))

  def self.write(value, _form) = Plist::Emit.dump(value)

  def self.data(bytes) = StringIO.new(bytes)
end

module WithCFPropertyList
  def self.load = require("cfpropertylist")

  def self.read(data) = CFPropertyList.native_types(CFPropertyList::List.new(data: data).value)

  def self.write(value, form)
    list = CFPropertyList::List.new
    list.value = CFPropertyList.guess(value)
    list.to_str(form == "xml" ? CFPropertyList::List::FORMAT_XML : CFPropertyList::List::FORMAT_BINARY)
  end

  def self.data(bytes) = CFPropertyList::Blob.new(bytes)
end

def told(value)
  case value
  when Hash then { "dict" => value.map { |key, part| [key, told(part)] } }
  when Array then value.map { |part| told(part) }
  when Integer then { "integer" => value.to_s }
  when Float then { "real" => value.to_s }
  when DateTime, Time then { "date_since_2001" => (value.to_time.to_r - EPOCH.to_r).to_f.to_s }
  when StringIO then { "data_hex" => value.string.unpack1("H*") }
  when String then value.encoding == Encoding::BINARY ? { "data_hex" => value.unpack1("H*") } : value
  else value
  end
end

def made(peer, told)
  return told.map { |part| made(peer, part) } if told.is_a?(Array)
  return told unless told.is_a?(Hash)

  kind, content = told.first
  case kind
  when "dict" then content.to_h { |key, part| [key, made(peer, part)] }
  when "integer" then content.to_i
  when "real" then UNUSUAL.fetch(content) { content.to_f }
  when "data_hex" then peer.data([content].pack("H*"))
  when "date_since_2001" then EPOCH + content.to_f
  end
end

def answer(peer, request)
  return { "value" => told(peer.read(request["read"].unpack1("m"))) } if request.key?("read")

  { "written" => [peer.write(made(peer, request["write"]), request["form"])].pack("m0") }
rescue Exception => error # CFPropertyList's own is no StandardError
  { "error" => "#{error.class}: #{error.message}" }
end

peer = { "ruby-plist" => WithPlist, "CFPropertyList" => WithCFPropertyList }.fetch(ARGV[0])
begin
  peer.load
rescue LoadError
  exit 3
end
# Debian 12's; the gem CFPropertyList does not tell its version.
exit 3 unless RUBY_VERSION.start_with?("3.1.")
puts JSON.generate(JSON.parse($stdin.read).map { |request| answer(peer, request) })
