#include "drivers/linux/pam/words.h"

#include <security/pam_ext.h>
#include <stddef.h>

// Arrays, not pointers: nothing here is changed when the module is loaded.
static const Words kWords[] = {
    [kSayDenied] =
        {"ログインできません。本人であることを確認できないか、この端末・方法でのログインが許可されていません。"
         "心当たりがなければ情報主管課に確認してください。",
         "Login refused: it could not be confirmed that it is you, or you may not log in here or this way. "
         "If this is a surprise, ask the ICT section."},
    [kSayTooManyTries] = {"失敗が続いたため、ログインを止めています。情報主管課に連絡してください。",
                          "Login is blocked after too many failures. Please contact the ICT section."},
    [kSayNotNow] = {"このアカウントはいま使えません（期限切れ、または利用時間外）。情報主管課に確認してください。",
                    "This account cannot be used now (expired, or outside its hours). Please ask the ICT section."},
    [kSayUnavailable] = {"関守が応答しないため、ログインを確認できません。少し待ってやり直し、"
                         "直らなければ情報主管課に連絡してください。",
                         "Sekimori does not answer, so no login can be checked. Wait a moment and try again; "
                         "if that does not help, contact the ICT section."},
    [kSayUnreadable] = {"ログインの内容（ユーザー名など）を読み取れません。もう一度入力してください。"
                        "直らなければ情報主管課に連絡してください。",
                        "This login (its user name, for instance) cannot be read. Please try again; "
                        "if that does not help, contact the ICT section."},
    [kSayUnfitAnswer] = {"入力が長すぎるか、使えない文字があります。もう一度ログインしてください。"
                         "直らなければ情報主管課に連絡してください。",
                         "What you typed is too long or has characters that cannot be used. Please log in again; "
                         "if that does not help, contact the ICT section."},
    [kSayPasswordElsewhere] = {"パスワードはここでは変更できません。変更方法は情報主管課に確認してください。",
                               "Passwords are not changed here. Please ask the ICT section how."},
};

const Words* WordsFor(Saying saying) {
  return &kWords[saying];
}

void Say(pam_handle_t* pamh, Saying saying) {
  const Words* words = WordsFor(saying);
  (void)pam_error(pamh, "%s", words->ja);
  (void)pam_error(pamh, "%s", words->en);
}
